// One transfer: files are dropped or chosen and sent at once; what becomes of them is shown as it comes.

import { Row, octets, say } from "./transfer-rows.js";
import { Sender, ask } from "./transfer-sending.js";
import { sift } from "./transfer-sifting.js";

const SAID_EVERY = 5000; // milliseconds: the summary is read aloud, each per cent is not
const LOOK_EVERY = 5000; // while there are no live events
const TRY_EVENTS = 60000;
const OVER = new Set(["ready", "fetched", "discarded", "expired", "failed"]);
const READY = new Set(["ready", "fetched"]);
const HELD = new Set(["held", "locked", "approval"]);

const page = document.querySelector("[data-transfer]");
const id = page.dataset.transfer;
const body = page.querySelector("tbody");
const rowOf = new Map(); // job → row
const bytes = { all: 0, of: new Map() };
let source = null; // live events
let looking = 0; // or the next look at the list
let eventsAgain = 0;
let saidAt = 0; // the summary
let saying = 0;
const sender = new Sender({ transfer: id, piece: Number(page.dataset.piece), tell, idle: () => summarise(true) });

for (const element of body.querySelectorAll("tr")) adopt(new Row(element));
if (page.querySelector("[data-add]")) takeFiles(page.querySelector("[data-add]"));
sift(page, body);
page.addEventListener("submit", givePassword);
page.addEventListener("click", clicked);
summarise(true);

// Files in

function takeFiles(section) {
  section.hidden = false;
  const drop = section.querySelector("[data-drop]");
  for (const name of ["dragover", "dragleave", "drop"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.toggle("over", name === "dragover");
    });
  }
  drop.addEventListener("drop", async (event) => add(await dropped(event.dataTransfer)));
  for (const input of section.querySelectorAll("input[type=file]")) {
    input.addEventListener("change", () => {
      add([...input.files].map((file) => ({ file, path: folderOf(file.webkitRelativePath) })));
      input.value = ""; // the same file may be chosen again
    });
  }
  addEventListener("beforeunload", (event) => sender.busy && event.preventDefault());
}

// Everything that was dropped, folders with all that is in them.
async function dropped(transfer) {
  // The list is gone after the first pause: entries are taken before it.
  const entries = [...transfer.items].filter((item) => item.kind === "file").map((item) => item.webkitGetAsEntry());
  const found = [];
  for (const entry of entries) if (entry) await walk(entry, found);
  return found;
}

async function walk(entry, found) {
  if (entry.isFile) {
    const file = await new Promise((resolve) => entry.file(resolve, () => resolve(null)));
    if (file) found.push({ file, path: folderOf(entry.fullPath.slice(1)) });
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const some = await new Promise((resolve) => reader.readEntries(resolve, () => resolve([]))); // a hundred at a time
    if (!some.length) return;
    for (const each of some) await walk(each, found);
  }
}

function folderOf(path) {
  return path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
}

function add(files) {
  const refused = page.querySelector("[data-refused]");
  refused.hidden = true;
  for (const { file, path } of files) {
    if (sender.isSending(file, path)) continue;
    if (rows().length >= Number(page.dataset.mostFiles) || total() + file.size > Number(page.dataset.mostBytes)) {
      const values = { name: file.name, size: octets(Number(page.dataset.mostBytes)), count: page.dataset.mostFiles };
      refused.textContent = say("transfer_too_many", values);
      refused.hidden = false;
      break;
    }
    const unfinished = rows().filter((row) => row.state === "uploading" && !row.job).map((row) => row.upload);
    sender.add(file, path, unfinished);
  }
  watch();
}

function rows() {
  return [...body.children].map((element) => element.row);
}

function total() {
  return rows().reduce((sum, row) => sum + (row.size || 0), 0);
}

// How far a file is that this page sends.
function tell(job, state, more) {
  const row = rowOf.get(job) || begin(job);
  if (state === "announced") return own(row, job);
  if (state === "moving") row.move(job.sent, job.file.size);
  else if (state === "sent") row.become("received", say("received"));
  else row.become(state, wordsFor(state, more));
  if (state === "sending") row.move(job.sent, job.file.size);
  if (state === "sent" || state === "failed") watch();
  bytes.of.set(job, state === "sent" ? job.file.size : job.sent);
  if (state === "failed") bytes.of.delete(job);
  return summarise(state !== "moving");
}

function wordsFor(state, more) {
  if (state === "waiting") return say("waiting");
  if (state === "retrying") return say("retrying", { seconds: more });
  return state === "failed" ? say(more) : "";
}

function begin(job) {
  const before = job.upload && rows().find((row) => row.upload === job.upload);
  const row = before || Row.make(body);
  row.size = job.file.size;
  row.begin(job);
  rowOf.set(job, row);
  page.querySelector("[data-empty]").hidden = true;
  page.querySelector("table.files").hidden = false;
  return row;
}

// The server's number of the row; when its event came first, the event's row goes.
function own(row, job) {
  for (const other of rows()) if (other !== row && other.upload === job.upload) other.element.remove();
  row.named(job.upload);
}

function clicked(event) {
  const row = event.target.closest("tr")?.row;
  if (row && event.target.closest("[data-give-up]")) giveUp(row);
  const send = event.target.closest("[data-send]");
  if (send && sender.busy) {
    event.preventDefault();
    page.querySelector("[data-refused]").textContent = say("transfer_not_while_sending");
    page.querySelector("[data-refused]").hidden = false;
  }
}

async function giveUp(row) {
  const job = [...rowOf].find(([, each]) => each === row)?.[0];
  if (job) {
    sender.giveUp(job);
    bytes.of.delete(job);
    rowOf.delete(job);
  }
  const next = row.element.nextElementSibling?.querySelector("[data-give-up]:not([hidden])");
  if (row.upload) {
    try {
      await ask("DELETE", `/api/v1/uploads/${row.upload}`, { headers: { "Tus-Resumable": "1.0.0" } });
    } catch {
      // it ends by itself when its time is over
    }
  }
  row.element.remove();
  (next || document.getElementById("files"))?.focus();
  summarise(true);
}

// Passwords of locked files

async function givePassword(event) {
  const form = event.target.closest("[data-password]");
  if (!form) return;
  event.preventDefault();
  const row = form.closest("tr").row;
  const [field, said, button] = [form.querySelector("input"), form.querySelector("[role=status]"), form.querySelector("button")];
  button.disabled = true;
  said.textContent = say("file_opening");
  try {
    const headers = { "Content-Type": "application/json" };
    const answer = await ask("POST", `/api/v1/files/${row.item}/password`, { headers, body: JSON.stringify({ password: field.value }) });
    said.textContent = "";
    field.value = "";
    heard(JSON.parse(answer.responseText));
    watch();
  } catch (trouble) {
    said.textContent = say({ 403: "file_password_wrong", 429: "file_password_wait" }[trouble.status] || "file_password_failed");
    field.focus();
    field.select();
  }
  button.disabled = false;
}

// What the server says, live

function watch() {
  const wanted = !document.hidden && (sender.busy || rows().some((row) => !OVER.has(row.state)));
  if (!wanted) return rest();
  if (source || looking) return undefined;
  return Date.now() < eventsAgain ? look() : listen();
}

function rest() {
  source?.close();
  clearTimeout(looking);
  source = null;
  looking = 0;
}

function listen() {
  source = new EventSource(`/api/v1/transfers/${id}/events`);
  source.addEventListener("file", (event) => heard(JSON.parse(event.data)));
  source.addEventListener("transfer", (event) => changed(JSON.parse(event.data)));
  source.addEventListener("error", () => {
    if (source?.readyState !== EventSource.CLOSED) return; // the browser connects again by itself
    rest();
    eventsAgain = Date.now() + TRY_EVENTS;
    look();
  });
}

// Where live events are not to be had, the list is asked for now and then.
function look() {
  looking = setTimeout(async () => {
    looking = 0;
    try {
      const answer = await ask("GET", `/api/v1/transfers/${id}/files`);
      for (const file of JSON.parse(answer.responseText).files) heard(file);
    } catch (trouble) {
      if (trouble.status === 401) return location.reload();
      if (trouble.status === 404) return location.reload();
    }
    return watch();
  }, LOOK_EVERY);
}

function changed(transfer) {
  if (transfer.state !== page.dataset.state && !sender.busy) location.reload();
}

function heard(file) {
  let row = rows().find((each) => each.upload === file.upload);
  if (!row) {
    row = Row.make(body);
    row.named(file.upload);
    page.querySelector("[data-empty]").hidden = true;
    page.querySelector("table.files").hidden = false;
  }
  row.size = file.size;
  row.fill(file);
  summarise();
  watch();
}

// A row that came with the page is filled in by its script once, so that forms and buttons are where they belong.
function adopt(row) {
  row.become(row.state, row.part("note").textContent);
  row.item = row.part("number").querySelector("span").textContent;
}

document.addEventListener("visibilitychange", watch);
addEventListener("pagehide", rest);
addEventListener("pageshow", watch);
refresh();

// All together

async function refresh() {
  if (!rows().length) return;
  try {
    const answer = await ask("GET", `/api/v1/transfers/${id}/files`);
    for (const file of JSON.parse(answer.responseText).files) heard(file);
  } catch {
    watch(); // what came with the page stands
  }
}

function summarise(atOnce = false) {
  const at = Math.max(0, saidAt + (atOnce ? 1000 : SAID_EVERY) - Date.now());
  saying ||= setTimeout(() => {
    saying = 0;
    saidAt = Date.now();
    const states = rows().map((row) => row.state);
    const count = (set) => states.filter((state) => set.has(state)).length;
    const [ready, held, failed] = [count(READY), count(HELD), states.filter((state) => OVER.has(state) && !READY.has(state)).length];
    const text = say("transfer_summary", { files: states.length, ready, held, failed, busy: states.length - ready - held - failed });
    const summary = page.querySelector("[data-summary]");
    if (states.length && summary.textContent !== text) summary.textContent = text;
    const archive = page.querySelector("[data-archive]");
    if (archive) archive.hidden = !ready;
    const send = page.querySelector("[data-send]");
    if (send) send.hidden = !states.length;
  }, at);
  const [all, sent] = [[...bytes.of.keys()].reduce((sum, job) => sum + job.file.size, 0), [...bytes.of.values()].reduce((a, b) => a + b, 0)];
  const bar = page.querySelector("[data-all]");
  bar.hidden = !sender.busy;
  bar.querySelector("progress").value = all ? sent / all : 0;
  bar.querySelector("[data-sent]").textContent = say("transfer_sent_of", { sent: octets(sent), total: octets(all) });
}
