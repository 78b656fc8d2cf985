// The list of files: one row for each, filled in again whenever something about the file has changed. All words come with the page.

const UNITS = [["GB", 1073741824], ["MB", 1048576], ["KB", 1024]];
const READY = new Set(["ready", "fetched"]);
const words = document.getElementById("words").content;
const marks = document.getElementById("marks").content;

export function say(name, values = {}) {
  const text = words.querySelector(`[data-word="${name}"]`)?.textContent || "";
  return text.replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
}

export function octets(count) {
  const unit = UNITS.find(([, size]) => count >= size);
  return unit ? `${(count / unit[1]).toFixed(1)} ${unit[0]}` : `${count} B`;
}

export class Row {
  constructor(element) {
    this.element = element;
    this.job = null; // while this page sends it
    element.row = this;
  }

  static make(body) {
    const fresh = document.getElementById("row").content.querySelector("tr").cloneNode(true);
    body.append(fresh);
    return new Row(fresh);
  }

  get upload() {
    return this.element.dataset.upload || "";
  }

  get state() {
    return this.element.dataset.state || "";
  }

  part(name) {
    return this.element.querySelector(`[data-${name}]`);
  }

  named(upload) {
    this.element.dataset.upload = upload;
    this.element.id = `file-${upload}`;
  }

  // A file that this page is about to send.
  begin(job) {
    this.job = job;
    this.name(job.file.name, job.path);
    write(this.part("size"), octets(job.file.size));
    const progress = this.element.querySelector("progress");
    progress.setAttribute("aria-label", `${say("file_progress")}: ${job.file.name}`);
  }

  name(name, path) {
    write(this.part("folder"), path ? `${path}/` : "");
    write(this.element.querySelector(".name"), name);
    for (const each of this.element.querySelectorAll("[data-whose]")) write(each, ` ${name}`);
  }

  become(state, note = "") {
    if (this.state !== state) {
      this.element.dataset.state = state;
      const mark = marks.querySelector(`[data-of="${state}"]`);
      this.part("mark").replaceChildren(...(mark ? [...mark.cloneNode(true).childNodes] : []));
    }
    write(this.part("note"), note);
    const under = state === "sending" || state === "retrying" || state === "received";
    const progress = this.element.querySelector("progress");
    progress.hidden = !under;
    if (state === "received") progress.removeAttribute("value"); // how long cleaning takes, nobody knows
    const give = this.part("give-up");
    if (give) give.hidden = !["waiting", "sending", "retrying", "failed", "uploading"].includes(state);
    const password = this.part("password");
    if (password) password.hidden = state !== "locked";
  }

  move(sent, size) {
    if (this.state === "sending") this.element.querySelector("progress").value = size ? sent / size : 1;
  }

  // What the server says of it.
  fill(file) {
    if (this.job && file.state === "uploading") return; // this page knows better how far it is
    this.job = null;
    this.item = file.item;
    this.name(file.name, file.path);
    write(this.part("size"), file.state === "uploading" ? `${octets(file.received)} / ${octets(file.size)}` : octets(file.size));
    const ready = READY.has(file.state);
    this.become(file.state, ready ? (file.findings.length ? "" : say("nothing")) : say(file.state));
    this.found(file.findings);
    this.pair("becomes", "bdi", file.clean_name && file.clean_name !== file.name ? file.clean_name : "");
    this.pair("number", "span", file.item || "");
    const fetch = this.part("fetch");
    if (fetch) {
      fetch.hidden = !ready;
      if (ready) fetch.href = `/api/v1/files/${file.item}/content`;
    }
  }

  found(lines) {
    const list = this.part("findings");
    list.hidden = !lines.length;
    if ([...list.children].map((each) => each.textContent).join("\n") === lines.join("\n")) return;
    list.replaceChildren(...lines.map((line) => write(document.createElement("li"), line)));
  }

  pair(name, tag, text) {
    const part = this.part(name);
    part.hidden = !text;
    write(part.querySelector(tag), text);
  }
}

// Nothing is touched that has not changed: a screen reader has nothing to read again.
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
  return element;
}
