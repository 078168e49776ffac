// What a page can do beyond what it does without any script: times in the reader's zone, parts that renew themselves,
// a box that chooses all rows, a question before a plan is applied.

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const precise = new Intl.DateTimeFormat(undefined, {
  year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit",
});

function localise(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.valueOf())) continue;
    time.title = `${time.dateTime} (UTC)`;
    time.textContent = precise.format(moment);
  }
  for (const place of root.querySelectorAll("[data-zone]")) place.textContent = `in ${zone}`;
}

const units = {
  day: { year: "numeric", month: "short", day: "numeric" },
  minute: { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" },
  second: { hour: "2-digit", minute: "2-digit", second: "2-digit" },
};

// The moments of a chart: those below it, and those in what its parts say.
function localiseCharts(root) {
  for (const text of root.querySelectorAll("text[data-at]")) {
    text.textContent = new Intl.DateTimeFormat(undefined, units[text.dataset.unit]).format(new Date(text.dataset.at));
  }
  const local = (words) =>
    words.replace(/(\d{4}-\d\d-\d\d) (\d\d:\d\d) UTC/g, (_, day, time) =>
      new Intl.DateTimeFormat(undefined, { ...units.day, ...units.minute }).format(new Date(`${day}T${time}Z`)));
  for (const title of root.querySelectorAll("svg title")) title.textContent = local(title.textContent);
  for (const part of root.querySelectorAll("svg [aria-label]")) part.setAttribute("aria-label", local(part.ariaLabel));
}

// A moment is chosen in the zone of the reader and asked for in UTC; what nobody touched is asked for as it was.
function localiseInputs(root) {
  for (const input of root.querySelectorAll("input[data-moment]")) {
    const asked = input.value;
    const moment = new Date(input.dataset.moment);
    const known = !Number.isNaN(moment.valueOf());
    input.type = "datetime-local";
    input.step = "1";
    input.value = known ? new Date(moment - 60000 * moment.getTimezoneOffset()).toISOString().slice(0, 19) : "";
    const shown = input.value;
    input.labels[0]?.querySelector("[data-utc]")?.remove();
    input.form.addEventListener("formdata", (event) => {
      const value = event.formData.get(input.name);
      if (value === shown) event.formData.set(input.name, asked);
      else if (value) event.formData.set(input.name, new Date(value).toISOString());
    });
  }
}

// One box that chooses all rows of its table.
function chooseAll(root) {
  for (const head of root.querySelectorAll("[data-choose-all]")) {
    const all = document.createElement("input");
    all.type = "checkbox";
    all.ariaLabel = "Choose all rows of this page";
    all.addEventListener("change", () => {
      for (const box of head.closest("table").querySelectorAll("tbody input[type=checkbox]")) box.checked = all.checked;
    });
    head.append(all);
  }
}

function askFirst(root) {
  for (const button of root.querySelectorAll("button[data-confirm]")) {
    button.addEventListener("click", (event) => {
      if (!window.confirm(button.dataset.confirm)) event.preventDefault();
    });
  }
}

function isBusy(part) {
  const active = document.activeElement;
  return part.contains(active) && active.matches("input, select, textarea") && active.value !== "";
}

function isAlike(old, fresh) {
  return old.nodeType === Node.ELEMENT_NODE && old.childNodes.length === fresh.childNodes.length
    && old.cloneNode().isEqualNode(fresh.cloneNode());
}

// Change as little as possible: what stays the same keeps its focus and how far it was scrolled.
function takeOver(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  if (!isAlike(old, fresh)) {
    old.replaceWith(fresh);
    return;
  }
  const theirs = [...fresh.childNodes];
  [...old.childNodes].forEach((child, place) => takeOver(child, theirs[place]));
}

// What a person sees as the same link or button: of two buttons with the same words, the one of the same form.
function nameOf(element) {
  return `${(element.closest("form") ?? element).outerHTML} ${element.outerHTML}`;
}

function takeOverLive(name, fresh) {
  const live = () => document.querySelector(`[data-live="${CSS.escape(name)}"]`);
  const active = document.activeElement;
  const focused = live().contains(active) ? nameOf(active) : null;
  takeOver(live(), fresh);
  if (focused === null || live().contains(document.activeElement)) return;
  [...live().querySelectorAll("a, button, input")].find((one) => nameOf(one) === focused)?.focus({ preventScroll: true });
}

let renewing = false;
let again = false;

// Ask for this page again and take over the parts that are marked as live, unless somebody is typing in them.
async function renew() {
  if (renewing) {
    again = true;
    return;
  }
  renewing = true;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    const waiting = document.querySelector("[data-waiting]");
    if (!answer.ok && !waiting) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!answer.ok) {
      // what was waited for cannot be had: the answer says why
      document.querySelector("main").replaceWith(fresh.querySelector("main"));
      return;
    }
    for (const part of document.querySelectorAll("[data-live]")) {
      const other = fresh.querySelector(`[data-live="${CSS.escape(part.dataset.live)}"]`);
      if (!other || isBusy(part)) continue;
      prepare(other);
      takeOverLive(part.dataset.live, other);
    }
  } catch {
    // the server is away for a moment: the next event brings us back
  } finally {
    renewing = false;
    if (again) {
      again = false;
      renew();
    } else {
      renewSoon();
    }
  }
}

// What the server still counts is asked for again.
function renewSoon() {
  if (document.querySelector("[data-waiting]")) setTimeout(renew, 1000);
}

function prepare(root) {
  localise(root);
  localiseCharts(root);
  localiseInputs(root);
  chooseAll(root);
  askFirst(root);
}

// A stream that breaks off is opened again by the browser, one that is refused is not: a page that waits says so.
// Only a page that is looked at listens: a browser has no more than six connections to one server for all its tabs.
const SECONDS_UNTIL_NEXT_TRY = 10;
let events = null;
let next;

function listen() {
  if (events || document.hidden || !document.querySelector("[data-live]")) return;
  const away = document.querySelector("[data-away]");
  events = new EventSource("/live");
  events.addEventListener("hello", () => {
    away.hidden = true;
    renew();
  });
  events.addEventListener("changed", renew);
  events.addEventListener("away", () => { away.hidden = false; });
  events.addEventListener("error", () => {
    away.hidden = false;
    if (events?.readyState !== EventSource.CLOSED) return;
    rest();
    next = setTimeout(listen, 1000 * SECONDS_UNTIL_NEXT_TRY);
  });
}

function rest() {
  clearTimeout(next);
  events?.close();
  events = null;
}

addEventListener("pagehide", rest);
addEventListener("pageshow", (event) => { if (event.persisted) listen(); });
document.addEventListener("visibilitychange", () => { if (document.hidden) rest(); else listen(); });

document.querySelector(".top nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
prepare(document);
listen();
renewSoon();
