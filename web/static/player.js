// The picture of a recording follows the player, and a click into it, or on a time of the story, goes there.

for (const player of document.querySelectorAll("[data-player]")) {
  const audio = player.querySelector("audio");
  const wave = player.querySelector("[data-wave]");
  const played = player.querySelector("[data-played]");
  const length = () => (Number.isFinite(audio.duration) && audio.duration) || Number(player.dataset.length);

  const follow = () => {
    played.style.width = `${Math.min(100, (100 * audio.currentTime) / length())}%`;
    if (!audio.paused) requestAnimationFrame(follow);
  };
  for (const name of ["play", "seeked", "timeupdate", "ended"]) audio.addEventListener(name, follow);

  wave.addEventListener("click", (event) => {
    const box = wave.getBoundingClientRect();
    audio.currentTime = (length() * (event.clientX - box.left)) / box.width;
  });
}

for (const button of document.querySelectorAll("button[data-seek]")) {
  button.addEventListener("click", () => {
    const audio = document.querySelector(`audio[data-recording="${button.dataset.of}"]`);
    if (!audio) return;
    audio.currentTime = Number(button.dataset.seek);
    audio.play();
  });
}
