// The frames of the walk of notebook 03, played at the top of the page.
const walk = document.querySelector("#walk");
const frames = [...document.querySelectorAll("#fig-walk .frames img")];
if (walk && frames.length) {
  const image = walk.querySelector("a").appendChild(document.createElement("img"));
  image.alt = frames[0].alt;
  let step = 0;
  const show = () => {
    const turn = step++ % (2 * frames.length - 2 || 1); // to the end and back
    image.src = frames[turn < frames.length ? turn : 2 * frames.length - 2 - turn].src;
  };
  show();
  if (!matchMedia("(prefers-reduced-motion: reduce)").matches) setInterval(show, 500);
} else {
  walk?.remove();
}
