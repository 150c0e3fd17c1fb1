// While a test runs on the port, its state and results are fetched anew every second; the forms stay as they are.

const EVERY_MS = 1000;
const PARTS = ["port-state", "port-history"];

async function look() {
  const answer = await fetch(location.pathname, { headers: { accept: "text/html" } });
  if (!answer.ok || answer.redirected) {
    location.reload();
    return;
  }
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const id of PARTS) {
    const [there, now] = [document.getElementById(id), fresh.getElementById(id)];
    if (there && now && there.innerHTML !== now.innerHTML && !there.contains(document.activeElement)) there.replaceWith(now);
    else if (there && now) there.toggleAttribute("data-runs", now.hasAttribute("data-runs"));
  }
}

async function follow() {
  if (document.querySelector("[data-runs]")) {
    try {
      await look();
    } catch {
      // the box is away for a moment: the next look may find it
    }
  }
  setTimeout(follow, EVERY_MS);
}

setTimeout(follow, EVERY_MS);
