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
  if (form.matches("[data-favourite]")) return;
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

// Whoever was told that something is wrong can go on typing where it is.
document.querySelector("[aria-invalid]")?.focus();

// What has been done is told once, and not again when the page is loaded anew.
const address = new URL(location.href);
if (address.searchParams.has("said")) {
  address.searchParams.delete("said");
  history.replaceState(null, "", address);
}
