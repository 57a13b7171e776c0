// The manifest stands in the address, as in that of the processor's own script.
const form = document.querySelector("form");
form.manifest.value = location.search.slice(1);
form.expirationDate.value = `12/${new Date().getFullYear() + 3}`;
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = JSON.stringify(Object.fromEntries(new FormData(form)));
  const answer = await fetch("/transit-tsep-web/tokens", { method: "POST", headers: { "Content-Type": "application/json" }, body });
  const told = await answer.json();
  document.querySelector("output").value = told.tsepToken ?? told.responseMessage;
});
