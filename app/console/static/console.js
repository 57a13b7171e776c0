// What makes the pages quicker to use. Everything works without it.
"use strict";

// A question is asked in a dialog instead of on a page of its own.
const dialog = document.createElement("dialog");
document.body.append(dialog);

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-dialog]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  const answer = await fetch(link.href, { credentials: "same-origin" }).catch(() => null);
  const page = answer && new DOMParser().parseFromString(await answer.text(), "text/html");
  const content = page && page.querySelector("[data-dialog-content]");
  if (!content) return location.assign(link.href);
  dialog.replaceChildren(document.adoptNode(content));
  dialog.setAttribute("aria-labelledby", content.getAttribute("aria-labelledby"));
  dialog.showModal();
});

dialog.addEventListener("click", (event) => {
  if (event.target !== dialog && !event.target.closest("[data-close]")) return;
  event.preventDefault();
  dialog.close();
});

// On a narrow page the menu is a strip: the present place is brought into sight. Not by `scrollIntoView`, behind
// which Tab would begin, past the link to the page.
const here = document.querySelector(".menu [aria-current]");
if (here) {
  const strip = here.closest("nav");
  strip.scrollLeft = here.offsetLeft - strip.offsetLeft - (strip.clientWidth - here.offsetWidth) / 2;
}

// Whoever was told that something is wrong can go on typing where it is.
document.querySelector("[aria-invalid]")?.focus();

// What has been done is told once, and not again when the page is loaded anew.
const address = new URL(location.href);
if (address.searchParams.has("said")) {
  address.searchParams.delete("said");
  history.replaceState(null, "", address);
}

// A form that is sent twice would be refused the second time, which nobody understands.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.isSent) return event.preventDefault();
  // What opens beside the page leaves the form here to be used.
  if (!event.submitter?.formTarget) form.dataset.isSent = "yes";
});
addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.isSent;
});

// A choice of steps is made with a slider.
for (const select of document.querySelectorAll("select[data-slider]")) {
  const slider = document.createElement("input");
  const shown = document.createElement("output");
  const label = document.getElementById(select.dataset.slider);
  slider.type = "range";
  slider.id = `${select.id}-slider`;
  label.htmlFor = slider.id;
  slider.max = select.options.length - 1;
  slider.disabled = select.disabled;
  slider.setAttribute("aria-labelledby", select.dataset.slider);
  const show = () => {
    shown.textContent = select.selectedOptions[0].textContent;
    slider.value = select.selectedIndex;
    slider.setAttribute("aria-valuetext", shown.textContent);
  };
  slider.addEventListener("input", () => {
    select.selectedIndex = slider.valueAsNumber;
    show();
    select.dispatchEvent(new Event("change", { bubbles: true }));
  });
  select.hidden = true;
  select.after(shown, slider);
  show();
}

// What a phone would hold is asked for as the sliders move: at most one question at a time, the last one counts.
const form = document.querySelector("form[data-estimate]");
if (form) {
  const place = document.getElementById("estimate");
  form.querySelector("button[name=estimate]")?.remove();
  let isAsking = false;
  let isWanted = false;
  const isChanged = (each) =>
    each.tagName === "SELECT" ? each.value !== each.dataset.kept : each.checked !== ("kept" in each.dataset);
  const mark = () => {
    for (const knob of form.querySelectorAll(".knob")) {
      const all = [...knob.querySelectorAll("select, input[type=checkbox]")];
      knob.classList.toggle("is-changed", all.some(isChanged));
    }
  };
  const ask = async () => {
    isWanted = true;
    if (isAsking) return;
    isAsking = true;
    while (isWanted) {
      isWanted = false;
      const answer = await fetch(form.dataset.estimate, {
        method: "POST",
        credentials: "same-origin",
        body: new URLSearchParams(new FormData(form)),
      }).catch(() => null);
      if (answer && answer.redirected) return location.reload();
      const text = answer && answer.ok ? await answer.text().catch(() => null) : null;
      if (text === null) {
        place.textContent = "What a phone would download could not be told just now. It is asked again at the next change.";
      } else {
        const page = new DOMParser().parseFromString(text, "text/html");
        place.replaceChildren(...page.body.childNodes);
      }
    }
    isAsking = false;
  };
  form.addEventListener("change", () => { mark(); ask(); });
}

// A file for letters is sent as it is; what is refused says why.
const sending = document.querySelector("form[data-sends]");
if (sending) {
  const told = document.querySelector("[data-sends-told]");
  told.textContent = "";
  sending.querySelector("button").hidden = false;
  sending.addEventListener("submit", async (event) => {
    event.preventDefault();
    delete sending.dataset.isSent;
    const [file] = sending.querySelector("input[type=file]").files;
    if (!file) return (told.textContent = "Choose a file first.");
    told.textContent = `${file.name} is being sent…`;
    const answer = await fetch(`${sending.dataset.sends}?name=${encodeURIComponent(file.name)}`, {
      method: "POST",
      credentials: "same-origin",
      headers: {
        "Content-Type": file.type || "application/octet-stream",
        "X-Form-Token": sending.elements.form_token.value,
      },
      body: file,
    }).catch(() => null);
    if (answer?.ok) return location.reload();
    const problem = answer && (await answer.json().catch(() => null));
    told.textContent = problem ? problem.detail || problem.title : "The server was not reached. Try again.";
  });
}
