/* What a person reads when the browser has no passkey to give: allauth's scripts only write to the console. */
"use strict";

const SAID = {
  NotAllowedError: "No passkey was used: it took too long, or it was cancelled. Try again.",
  InvalidStateError: "This device has a passkey for this account already.",
  NotSupportedError: "This device cannot make such a passkey.",
  SecurityError: "Passkeys do not work at this address: it needs https, or localhost.",
};

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const note = document.createElement("div");
  note.className = "note bad";
  note.textContent = SAID[event.detail.exception?.name] ?? "The passkey did not work. Try again.";
  document.getElementById("trouble").replaceChildren(note);
});
