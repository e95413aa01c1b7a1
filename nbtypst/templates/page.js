// A click on a figure shows it as large as the window.
const dialog = document.body.appendChild(document.createElement("dialog"));
dialog.addEventListener("click", () => dialog.close());
for (const image of document.querySelectorAll("figure img")) {
  image.tabIndex = 0;
  const show = () => {
    dialog.replaceChildren(image.cloneNode());
    dialog.firstChild.removeAttribute("style");
    dialog.showModal();
  };
  image.addEventListener("click", show);
  image.addEventListener("keydown", (event) => event.key === "Enter" && show());
}
// Of a figure's frames a slider shows one.
for (const frames of document.querySelectorAll("figure .frames")) {
  const images = [...frames.querySelectorAll("img")];
  const slider = frames.appendChild(document.createElement("input"));
  Object.assign(slider, { type: "range", min: 0, max: images.length - 1, value: 0 });
  slider.setAttribute("aria-label", "1 – " + images.length);
  const show = () => images.forEach((image, index) => (image.hidden = index !== slider.valueAsNumber));
  slider.addEventListener("input", show);
  show();
}
