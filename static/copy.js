/* A button that copies what stands beside it. Without this script it is not there. */
"use strict";

for (const button of document.querySelectorAll(".copier")) button.hidden = false;
document.addEventListener("click", async (event) => {
  const button = event.target.closest(".copier");
  if (!button) return;
  const box = button.parentElement.querySelector("pre, .copy");
  try {
    await navigator.clipboard.writeText(box.textContent);
    button.textContent = "Copied";
  } catch {
    document.getSelection().selectAllChildren(box);
    button.textContent = "Selected: press Ctrl C";
  }
  setTimeout(() => (button.textContent = "Copy"), 2000);
});
