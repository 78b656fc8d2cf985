// Try it: sends one file as the body of a request, shows how far it is, and goes to the result.

const form = document.querySelector("[data-try]");
if (form) begin(form);

function begin(form) {
  const file = form.querySelector("input[type=file]");
  const drop = form.querySelector("[data-drop]");
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (file.files.length) send(form, file.files[0]);
  });
  for (const name of ["dragover", "dragleave", "drop"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.toggle("over", name === "dragover");
    });
  }
  drop.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    file.files = event.dataTransfer.files;
    guessKind(form, file.files[0]);
  });
  file.addEventListener("change", () => file.files.length && guessKind(form, file.files[0]));
}

function guessKind(form, file) {
  form.elements.kind.value = /\.eml$/i.test(file.name) ? "mail" : "file";
}

function send(form, file) {
  const said = form.querySelector("[data-said]");
  const progress = form.querySelector("progress");
  const button = form.querySelector("button");
  const fail = (words) => {
    said.textContent = words;
    progress.hidden = true;
    button.disabled = false;
  };
  if (file.size > Number(form.dataset.most)) return fail(said.dataset.large);
  const query = new URLSearchParams({ name: file.name, kind: form.elements.kind.value, profile: form.elements.profile.value });
  const request = new XMLHttpRequest();
  request.open("POST", `${form.dataset.try}?${query}`);
  request.setRequestHeader("X-CSRF-Token", document.querySelector("meta[name=csrf]").content);
  request.setRequestHeader("Content-Type", "application/octet-stream");
  request.responseType = "json";
  request.upload.onprogress = (event) => { progress.value = event.loaded / event.total; };
  request.upload.onload = () => {
    said.textContent = said.dataset.working;
    progress.removeAttribute("value");
  };
  request.onload = () => {
    if (request.status === 200 && request.response) location.assign(request.response.location);
    else fail(request.status === 413 ? said.dataset.large : said.dataset.failed);
  };
  request.onerror = () => fail(said.dataset.failed);
  button.disabled = true;
  progress.hidden = false;
  progress.value = 0;
  said.textContent = said.dataset.sending;
  request.send(file);
  return undefined;
}
