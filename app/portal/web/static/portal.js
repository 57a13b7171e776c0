// What makes the pages quicker to use. Everything works without it.
"use strict";

// A heart is set where one is, without the page being loaded anew.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-favourite]")) return;
  event.preventDefault();
  if (form.dataset.isAsking) return;
  form.dataset.isAsking = "yes";
  const wanted = form.elements.is_favourite.value;
  const body = new URLSearchParams(new FormData(form));
  body.set("by", "script");
  const answer = await fetch(form.action, { method: "POST", credentials: "same-origin", body }).catch(() => null);
  delete form.dataset.isAsking;
  if (!answer || answer.status !== 204) return location.reload();
  form.querySelector("button").setAttribute("aria-pressed", wanted === "yes" ? "true" : "false");
  form.elements.is_favourite.value = wanted === "yes" ? "no" : "yes";
});

// A form that is sent twice would do everything twice.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("[data-favourite]") || event.defaultPrevented) return;
  if (form.dataset.isSent) return event.preventDefault();
  form.dataset.isSent = "yes";
});
addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.isSent;
});

// Arrows lead from picture to picture, but not while somebody types.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
  const way = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
  const link = way && document.querySelector(`a[rel=${way}]`);
  if (link) location.assign(link.href);
});

// Of a product made from several pictures no more are chosen than it is made from.
const choosing = document.querySelector("[data-choose]");
if (choosing) {
  const most = Number(choosing.dataset.choose);
  const boxes = [...choosing.querySelectorAll("[type=checkbox]")];
  const elsewhere = choosing.querySelectorAll("[type=hidden][name=image]").length;
  const count = () => {
    const chosen = elsewhere + boxes.filter((each) => each.checked).length;
    choosing.querySelector("[data-count]").textContent = chosen;
    for (const each of boxes) each.disabled = chosen >= most && !each.checked;
  };
  choosing.addEventListener("change", count);
  addEventListener("pageshow", count);
}

// A card is typed in within the frame, which hands its token over, as a rule when the last field is left:
// that may be by pressing the button.
const card = document.querySelector("[data-card]");
if (card) {
  const form = document.querySelector("[data-pay]");
  const told = form.querySelector("[data-paying]");
  let pressed = 0;
  addEventListener("message", ({ source, data }) => {
    if (source !== card.contentWindow) return;
    form.elements.token.value = data.token ?? "";
    form.elements.expiry.value = data.expiry ?? "";
    told.textContent = "";
    document.querySelector("[data-card-wrong]").hidden = !data.isBroken;
    if (data.token && Date.now() - pressed < 5000) form.requestSubmit();
  });
  form.addEventListener("submit", (event) => {
    if (form.elements.token.value) {
      told.textContent = "Your card is being charged. That may take a minute: please wait.";
    } else {
      event.preventDefault();
      pressed = Date.now();
      told.textContent = "Please type in the number of your card, and when it expires.";
    }
  });
}

// What is being found out is looked at again.
if (document.querySelector("[data-look-again]")) setTimeout(() => location.reload(), 10000);

// Whoever was told that something is wrong can go on typing where it is.
document.querySelector("[aria-invalid]")?.focus();

// What has been done is told once, and not again when the page is loaded anew.
const address = new URL(location.href);
if (address.searchParams.has("said")) {
  address.searchParams.delete("said");
  history.replaceState(null, "", address);
}
