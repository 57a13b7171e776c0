// Runs beside the processor's script, in a frame of an origin of its own, and hands on no more than its token.
"use strict";

const tell = (message) => parent.postMessage(message, location.origin);

// The processor's script calls this by its name.
window.tsepHandler = (kind, told) => {
  const wrong = document.getElementById("wrong");
  if (kind === "TokenEvent" && told.status === "PASS") {
    wrong.textContent = "";
    tell({ token: told.tsepToken, expiry: told.expirationDate ?? "" });
  } else if (kind === "ErrorEvent") {
    tell({ isBroken: true });
  } else if (kind === "TokenEvent" || kind === "FieldValidationErrorEvent") {
    wrong.textContent = "Please check the number, and when it expires.";
    tell({ token: "", expiry: "" });
  }
};
