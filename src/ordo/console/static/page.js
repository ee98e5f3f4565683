// Copy buttons, and what is live on the page fetched anew. Without this script the page is all there.
"use strict";

function copyButton(pre) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.setAttribute("aria-describedby", pre.getAttribute("aria-labelledby"));
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    button.textContent = (await copied(pre)) ? "Copied" : "Selected";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  return button;
}

// Browsers let pages copy over https and on this machine only; elsewhere the text is selected.
async function copied(pre) {
  try {
    await navigator.clipboard.writeText(pre.textContent);
    return true;
  } catch {
    getSelection().selectAllChildren(pre);
    return false;
  }
}

for (const pre of document.querySelectorAll(".snippet pre")) {
  pre.parentElement.querySelector(".caption").append(copyButton(pre));
}

// Keeps what is open open and what has the focus focused. What is the same is left alone, and not read aloud again.
function replace(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  const open = [...old.querySelectorAll("details[open]")].map((one) => one.id);
  const focused = old.contains(document.activeElement) && document.activeElement.closest("[id]").id;
  old.className = fresh.className;
  old.replaceChildren(...fresh.childNodes);
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  if (focused) document.getElementById(focused)?.querySelector("summary")?.focus({ preventScroll: true });
}

function isSelecting() {
  const selection = getSelection();
  const place = selection.isCollapsed ? null : selection.anchorNode;
  return place !== null && [...document.querySelectorAll("[data-live]")].some((one) => one.contains(place));
}

function tellAway() {
  const verdict = document.getElementById("verdict");
  const sign = verdict.querySelector(".sign");
  verdict.className = "verdict bad";
  verdict.replaceChildren(sign, "Ordo does not answer.");
}

async function refresh() {
  if (document.hidden || isSelecting()) return;
  try {
    const answer = await fetch(location.pathname, { cache: "no-store", signal: AbortSignal.timeout(8000) });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const old of document.querySelectorAll("[data-live]")) {
      const found = fresh.getElementById(old.id);
      if (found !== null) replace(old, found);
    }
  } catch {
    tellAway();
  }
}

const seconds = Number(document.body.dataset.refreshSeconds);
if (seconds) {
  const again = async () => {
    await refresh();
    setTimeout(again, seconds * 1000);
  };
  setTimeout(again, seconds * 1000);
  document.addEventListener("visibilitychange", refresh);
}
