// Sends files in pieces (tus 1.0.0): three at a time, each going on where it was when the line is cut or the page was reloaded.

const AT_ONCE = 3;
const FIRST_PAUSE = 1; // seconds; doubled until something gets through
const LONGEST_PAUSE = 30;
const STALLED = 120; // seconds without a byte
const TUS = { "Tus-Resumable": "1.0.0" };
//: What an answer means for a file: it is over, or (not here) it is tried again.
const FINAL = { 400: "refused", 401: "signed_out", 403: "signed_out", 404: "over", 410: "over", 412: "refused", 413: "too_large", 415: "refused", 422: "refused" };

// Why something did not go through. `final` names the words for it; without it, it is tried again.
class Trouble extends Error {
  constructor(status, { final = "", seconds = 0, offset = null } = {}) {
    super(`status ${status}`);
    Object.assign(this, { status, final, seconds, offset });
  }
}

// Asks the server. Resolves with the request; rejects with Trouble.
export function ask(method, path, { headers = {}, body = null, onprogress = null, signal = null } = {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let timer = 0;
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(() => request.abort(), STALLED * 1000);
    };
    const stop = () => request.abort();
    request.open(method, path);
    request.setRequestHeader("X-CSRF-Token", document.querySelector("meta[name=csrf]").content);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => {
      alive();
      onprogress?.(event.loaded);
    };
    request.onload = () => (request.status < 300 ? resolve(request) : reject(troubleOf(request)));
    request.onerror = request.onabort = () => reject(new Trouble(0));
    request.onloadend = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
    };
    signal?.addEventListener("abort", stop);
    alive();
    request.send(body);
  });
}

function troubleOf(request) {
  const offset = request.getResponseHeader("Upload-Offset");
  const seconds = Number(request.getResponseHeader("Retry-After")) || 0;
  const closed = request.status === 409 && /"transfer_closed"/.test(request.responseText);
  const final = closed ? "over" : FINAL[request.status] || "";
  return new Trouble(request.status, { final, seconds, offset: offset === null ? null : Number(offset) });
}

export class Sender {
  // `tell(job, state, more)` is called with waiting, sending, retrying, failed and sent; `idle()` after the last.
  constructor({ transfer, piece, tell, idle }) {
    Object.assign(this, { transfer, piece, tell, idle, waiting: [], running: new Set(), wake: new Set() });
    this.memory = new Memory(transfer);
    addEventListener("online", () => this.hurry());
  }

  get busy() {
    return this.waiting.length + this.running.size > 0;
  }

  isSending(file, path) {
    const mark = markOf(file, path);
    return [...this.waiting, ...this.running].some((job) => job.mark === mark);
  }

  // `unfinished` are numbers of uploads that the server has in part; a file that was one of them goes on as it.
  add(file, path, unfinished) {
    const mark = markOf(file, path);
    const before = unfinished.find((upload) => this.memory.of(upload) === mark) || "";
    const job = { file, path, mark, upload: before, offset: before ? null : 0, sent: 0, key: randomKey(), stop: new AbortController() };
    this.waiting.push(job);
    this.tell(job, "waiting");
    queueMicrotask(() => this.next());
    return job;
  }

  giveUp(job) {
    job.stop.abort();
    this.waiting = this.waiting.filter((each) => each !== job);
    this.hurry();
  }

  hurry() {
    for (const wake of this.wake) wake();
  }

  next() {
    while (this.running.size < AT_ONCE && this.waiting.length) {
      const job = this.waiting.shift();
      this.running.add(job);
      this.send(job).finally(() => {
        this.running.delete(job);
        this.next();
        if (!this.busy) this.idle();
      });
    }
  }

  async send(job) {
    let pause = FIRST_PAUSE;
    while (!job.stop.signal.aborted) {
      const before = job.sent;
      try {
        this.tell(job, "sending");
        if (!job.upload) await this.announce(job);
        await this.pieces(job);
        this.memory.forget(job.upload);
        this.tell(job, "sent");
        return;
      } catch (trouble) {
        if (!(trouble instanceof Trouble)) throw trouble;
        if (job.stop.signal.aborted) return;
        const why = trouble.final || (await changed(job.file));
        if (why) {
          this.tell(job, "failed", why);
          return;
        }
        job.offset = trouble.offset;
        if (job.sent > before) pause = FIRST_PAUSE;
        const seconds = Math.max(trouble.seconds, trouble.offset === null ? pause : 0);
        pause = Math.min(pause * 2, LONGEST_PAUSE);
        if (seconds) await this.rest(job, seconds);
      }
    }
  }

  async announce(job) {
    const said = { filename: job.file.name, path: job.path, type: job.file.type };
    const metadata = Object.entries(said).filter(([, value]) => value).map(([name, value]) => `${name} ${base64(value)}`).join(",");
    // The same key with every try: an answer that was lost does not make a second file.
    const headers = { ...TUS, "Idempotency-Key": job.key, "Upload-Length": String(job.file.size), "Upload-Metadata": metadata };
    const path = `/api/v1/transfers/${this.transfer}/uploads`;
    const answer = await ask("POST", path, { headers, signal: job.stop.signal });
    job.upload = answer.getResponseHeader("Location").split("/").pop();
    job.offset = 0;
    this.memory.keep(job.upload, job.mark);
    this.tell(job, "announced");
  }

  async pieces(job) {
    const path = `/api/v1/uploads/${job.upload}`;
    const signal = job.stop.signal;
    if (job.offset === null) {
      const answer = await ask("HEAD", path, { headers: TUS, signal });
      job.offset = Number(answer.getResponseHeader("Upload-Offset"));
    }
    job.sent = job.offset;
    while (job.offset < job.file.size) {
      const body = job.file.slice(job.offset, job.offset + this.piece);
      const headers = { ...TUS, "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(job.offset) };
      const onprogress = (loaded) => {
        job.sent = job.offset + Math.min(loaded, body.size);
        this.tell(job, "moving");
      };
      const answer = await ask("PATCH", path, { headers, body, onprogress, signal });
      job.offset = job.sent = Number(answer.getResponseHeader("Upload-Offset"));
      this.tell(job, "moving");
    }
  }

  rest(job, seconds) {
    this.tell(job, "retrying", seconds);
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.wake.delete(done);
        resolve();
      };
      const timer = setTimeout(done, seconds * 1000);
      this.wake.add(done);
    });
  }
}

// Which file each unfinished upload is, for as long as the tab lives: never a different file of the same name.
class Memory {
  constructor(transfer) {
    this.name = `kiyome-uploads-${transfer}`;
  }

  all() {
    try {
      return JSON.parse(sessionStorage.getItem(this.name)) || {};
    } catch {
      return {}; // storage is switched off, or holds something else
    }
  }

  of(upload) {
    return this.all()[upload];
  }

  keep(upload, mark) {
    this.write({ ...this.all(), [upload]: mark });
  }

  forget(upload) {
    const { [upload]: _, ...others } = this.all();
    this.write(others);
  }

  write(all) {
    try {
      sessionStorage.setItem(this.name, JSON.stringify(all));
    } catch {
      // files begin anew after a reload
    }
  }
}

function markOf(file, path) {
  return JSON.stringify([path, file.name, file.size, file.lastModified]);
}

// A file that was written to since it was chosen can no longer be read.
async function changed(file) {
  try {
    await file.slice(0, 1).arrayBuffer();
    return "";
  } catch {
    return "changed";
  }
}

function base64(text) {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

function randomKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((each) => each.toString(16).padStart(2, "0")).join("");
}
