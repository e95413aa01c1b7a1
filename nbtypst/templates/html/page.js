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
