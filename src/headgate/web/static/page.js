// What a page can do beyond what it does without any script: times in the reader's zone, parts that renew themselves,
// a question before a plan is applied.

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
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of document.querySelectorAll("[data-live]")) {
      const other = fresh.querySelector(`[data-live="${CSS.escape(part.dataset.live)}"]`);
      if (!other || isBusy(part)) continue;
      prepare(other);
      part.replaceWith(other);
    }
  } catch {
    // the server is away for a moment: the next event brings us back
  } finally {
    renewing = false;
    if (again) {
      again = false;
      renew();
    }
  }
}

function prepare(root) {
  localise(root);
  askFirst(root);
}

function listen() {
  if (!document.querySelector("[data-live]")) return;
  const events = new EventSource("/live");
  events.addEventListener("changed", renew);
  addEventListener("pagehide", () => events.close());
  addEventListener("pageshow", (event) => { if (event.persisted) listen(); });
}

document.querySelector(".top nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
prepare(document);
listen();
