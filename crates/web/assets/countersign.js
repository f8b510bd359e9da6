// What pages do better with a script. Every one of them works without.

const all = (selector) => document.querySelectorAll(selector);

// A form that came back with errors starts at their summary, so that screen readers say them first.
document.querySelector("[data-module=cs-error-summary]")?.focus();

// A form is sent once. The server refuses a repetition anyway; this spares people the refusal.
for (const form of all("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    for (const button of form.querySelectorAll("button")) button.setAttribute("aria-disabled", "true");
  });
}

// A page taken back from the browser's memory may be sent again.
addEventListener("pageshow", () => {
  for (const form of all("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("button")) button.removeAttribute("aria-disabled");
  }
});

// Buttons that do nothing without a script are hidden until there is one.
for (const button of all("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

// `data-copy` holds the id of what is copied, `data-done` the word that says it was.
for (const button of all("[data-copy]")) {
  const source = document.getElementById(button.dataset.copy);
  // Browsers offer the clipboard to encrypted pages only.
  if (!source || !navigator.clipboard) continue;
  button.hidden = false;
  const word = button.textContent;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(source.value ?? source.textContent.trim());
    button.textContent = button.dataset.done || word;
    setTimeout(() => (button.textContent = word), 3000);
  });
}

// Some minutes before a session ends, its element shows the template inside it; the role of the element says it aloud.
// `data-session-ends` is an ISO time or milliseconds since 1970; `data-session-warn` the seconds before, 300 unless told.
for (const place of all("[data-session-ends]")) {
  const told = place.dataset.sessionEnds;
  const ends = /^\d+$/.test(told) ? Number(told) : Date.parse(told);
  const template = place.querySelector("template");
  const warn = ends - 1000 * Number(place.dataset.sessionWarn || 300);
  if (!template || Number.isNaN(warn)) continue;
  const show = () => {
    // A computer that slept wakes up late, and one whose timer cannot count that far wakes up early.
    const wait = warn - Date.now();
    if (wait > 0) {
      setTimeout(show, Math.min(wait, 60000));
      return;
    }
    const said = template.content.cloneNode(true);
    for (const time of said.querySelectorAll("[data-session-time]")) {
      time.textContent = new Date(ends).toLocaleTimeString(document.documentElement.lang || undefined, {
        hour: "2-digit",
        minute: "2-digit",
      });
    }
    place.append(said);
    place.hidden = false;
  };
  show();
}
