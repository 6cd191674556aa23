"use strict";

/* The picture that one chooses stands in the address. */
document.addEventListener("change", (event) => {
  if (event.target.name !== "chart") return;
  const address = new URL(window.location.href);
  address.searchParams.delete("chart");
  if (event.target.value && address.search) address.searchParams.set("chart", event.target.value);
  window.history.replaceState(window.history.state, "", address);
});
