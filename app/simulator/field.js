// Has a card typed in on somebody's page, as public clients of the processor's own script know it to do:
// fields in divs of certain ids, and a function of the page's that is told of tokens. No card is charged.
(() => {
  "use strict";
  const { origin, pathname, search } = new URL(document.currentScript.src);
  const tell = (kind, told) => window.tsepHandler?.(kind, told);
  const fields = { cardNumber: "tsep-cardNum", expirationDate: "tsep-datepicker" };
  const typed = Object.entries(fields).map(([name, id]) => {
    const field = Object.assign(document.createElement("input"), { id, name, inputMode: "numeric" });
    field.autocomplete = name === "cardNumber" ? "cc-number" : "cc-exp";
    document.getElementById(`${id}Div`)?.append(field);
    return field;
  });

  const ask = async () => {
    const given = Object.fromEntries(typed.map(({ name, value }) => [name, value.trim()]));
    if (!given.cardNumber || !given.expirationDate) return;
    const body = JSON.stringify({ manifest: search.slice(1), deviceID: pathname.split("/").pop(), ...given });
    const sent = { method: "POST", headers: { "Content-Type": "application/json" }, body };
    const answer = await fetch(`${origin}/transit-tsep-web/tokens`, sent).then((each) => each.json());
    tell(answer.status === "PASS" ? "TokenEvent" : "FieldValidationErrorEvent", answer);
  };
  for (const field of typed) field.addEventListener("change", () => ask().catch(() => tell("ErrorEvent", {})));
})();
