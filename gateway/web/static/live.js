// Live parts: asks the server for the same part again, drawn there, and puts it in the old one's place.
// The stream of events says when; while there is none, it is asked now and then. What the person is doing stays:
// check boxes, focus, open details. While the page is hidden, nothing is asked and no stream is held.

const STREAM = "/api/v1/events";
const EVENTS = ["item", "statistics", "job"];
const LEAST = 1000; // milliseconds between two questions
const SHARE = 5; // after an answer, as many times as long as it took
const SLOWEST = 8; // times the usual pause, while the server does not answer
const RARELY = 60000; // while the stream says when: for what no event tells
const REFUSED = 60000; // until a stream that was refused is tried again

let stream = null;
let listening = false;

const parts = [...document.querySelectorAll("[data-live]")].map(keepFresh);
if (parts.some((each) => each.hears)) listen();

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return hush();
  for (const each of parts) each.soon();
  if (parts.some((each) => each.hears)) listen();
  return undefined;
});
addEventListener("pagehide", hush);

function listen() {
  if (stream || document.hidden) return;
  stream = new EventSource(STREAM);
  stream.onopen = () => {
    listening = true;
    for (const each of parts) each.soon(); // what was missed meanwhile
  };
  stream.onerror = () => {
    listening = false;
    for (const each of parts) each.plan();
    if (stream.readyState !== EventSource.CLOSED) return; // it comes back by itself
    stream = null;
    setTimeout(listen, REFUSED);
  };
  stream.addEventListener("reset", () => { for (const each of parts) each.soon(); });
  for (const name of EVENTS) {
    stream.addEventListener(name, (event) => {
      const data = JSON.parse(event.data);
      for (const each of parts) if (each.isAbout(name, data)) each.soon();
    });
  }
}

function hush() {
  stream?.close();
  stream = null;
  listening = false;
}

// `data-on` names the events that matter to a part, `data-about` the item or job that they must be of.
function keepFresh(part) {
  const pause = Math.max(Number(part.dataset.every) * 1000 || 10000, LEAST);
  const names = (part.dataset.on || "").split(" ").filter(Boolean);
  const about = part.dataset.about;
  let [slower, timer, asking, again, over, answered, took] = [1, 0, false, false, false, 0, 0];

  const after = (milliseconds) => {
    clearTimeout(timer);
    if (!over) timer = setTimeout(ask, milliseconds);
  };
  const plan = () => after(listening && names.length ? RARELY : pause * slower);
  const soon = () => {
    if (asking) again = true;
    else after(Math.max(0, answered + Math.max(LEAST, took * SHARE) - performance.now()));
  };
  const done = () => {
    [asking, answered] = [false, performance.now()];
    if (again) soon();
    else plan();
    again = false;
  };
  const failed = () => {
    slower = Math.min(slower * 2, SLOWEST);
    again = false;
    done();
  };
  const ask = () => {
    if (document.hidden) return; // it is asked when the page is seen again
    if (isWriting(part)) return after(pause);
    const request = new XMLHttpRequest();
    const begun = performance.now();
    asking = true;
    request.open("GET", part.dataset.live);
    request.responseType = "document"; // parsed without running anything
    request.timeout = 20000;
    request.onload = () => {
      if (request.status === 401 || request.responseURL.includes("/sign-in")) return location.reload();
      if (request.status !== 200 || !request.responseXML) return failed();
      [slower, took] = [1, performance.now() - begun];
      replace(part, request.responseXML.body);
      over = part.querySelector("[data-live-over]") !== null;
      return done();
    };
    request.onerror = request.ontimeout = failed;
    request.send();
  };
  plan();
  const isAbout = (name, data) => names.includes(name) && (!about || about === data.item || about === data.job);
  return { plan, soon, isAbout, hears: names.length > 0 };
}

// Somebody types or chooses inside the part: it waits.
function isWriting(part) {
  const at = document.activeElement;
  return part.contains(at) && at.matches("textarea, select, input:not([type=checkbox])");
}

function replace(part, fresh) {
  for (const each of fresh.querySelectorAll("script, [data-live]")) each.remove();
  if (looks(part) === looks(fresh)) return;
  const checked = new Set([...part.querySelectorAll("input[type=checkbox]:checked")].map((box) => box.value));
  const open = [...part.querySelectorAll("details")].map((each) => each.open);
  const focus = placeOf(part, document.activeElement);
  part.replaceChildren(...[...fresh.childNodes].map((node) => document.importNode(node, true)));
  for (const box of part.querySelectorAll("input[type=checkbox]")) box.checked = checked.has(box.value);
  part.querySelectorAll("details").forEach((each, index) => { each.open = open[index] ?? each.open; });
  if (focus) findAgain(part, focus)?.focus({ preventScroll: true });
  part.dispatchEvent(new CustomEvent("fresh", { bubbles: true }));
}

function looks(part) {
  return part.textContent.replace(/\s+/g, " ").trim();
}

function placeOf(part, element) {
  if (!part.contains(element)) return null;
  return { row: element.closest("tr[id]")?.id, href: element.getAttribute("href"), box: element.type === "checkbox" };
}

function findAgain(part, { row, href, box }) {
  const within = (row && document.getElementById(row)) || part;
  if (box) return within.querySelector("input[type=checkbox]");
  return [...within.querySelectorAll("a[href]")].find((each) => each.getAttribute("href") === href);
}
