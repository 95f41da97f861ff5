(() => {
  const root = document.documentElement;
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  root.classList.add("js");

  const theme = document.querySelector("[data-theme-button]");
  const isDark = () => root.dataset.theme
    ? root.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  const name = () => { if (theme) theme.textContent = isDark() ? "Light" : "Dark"; };
  theme?.addEventListener("click", () => { root.dataset.theme = isDark() ? "light" : "dark"; name(); });
  name();

  for (const button of all("[data-copy]")) {
    button.addEventListener("click", async () => {
      await navigator.clipboard?.writeText(button.dataset.copy);
      button.textContent = "Copied";
    });
  }
  for (const button of all("[data-zoom]")) {
    button.addEventListener("click", () => {
      const picture = document.getElementById("lanes");
      picture.classList.remove("zoom2", "zoom4");
      if (button.dataset.zoom !== "1") picture.classList.add(`zoom${button.dataset.zoom}`);
      for (const other of all("[data-zoom]")) other.setAttribute("aria-pressed", other === button);
    });
  }

  // The arrow keys go from mark to mark, in time or to another lane; `v` goes to the violation.
  const picture = document.querySelector("#lanes svg.lanes");
  if (picture) {
    const marks = all("svg.mark a", picture).sort((a, b) => a.parentNode.dataset.e - b.parentNode.dataset.e);
    marks.forEach((mark, place) => { mark.tabIndex = place === 0 ? 0 : -1; });
    const go = (mark) => {
      if (!mark) return;
      for (const other of marks) other.tabIndex = -1;
      mark.tabIndex = 0;
      mark.focus();
    };
    const acted = document.querySelector(".ladder tr.act");
    picture.addEventListener("keydown", (event) => {
      const here = marks.indexOf(document.activeElement);
      if (here < 0) return;
      const by = (mark) => mark.parentNode.dataset.by;
      const next = (step) => {
        for (let at = here + step; at >= 0 && at < marks.length; at += step) {
          if (by(marks[at]) !== by(marks[here])) return marks[at];
        }
      };
      const to = {
        ArrowRight: () => marks[here + 1], ArrowLeft: () => marks[here - 1],
        ArrowDown: () => next(1), ArrowUp: () => next(-1),
        Home: () => marks[0], End: () => marks[marks.length - 1],
        v: () => marks.find((mark) => mark.parentNode.dataset.e === acted?.dataset.e),
      }[event.key];
      if (to) { event.preventDefault(); go(to()); }
    });
  }

  const slider = document.querySelector("[data-slider]");
  if (slider) {
    const bars = all(".curve li");
    const output = slider.parentNode.querySelector("output");
    const data = JSON.parse(document.getElementById("deadheat-data")?.textContent ?? "null");
    const picks = new Map((data?.trial?.events ?? []).map((event, place) => [place, event.pick]));
    const slide = (event) => {
      const bar = bars[slider.value];
      for (const other of bars) other.classList.toggle("sel", other === bar);
      output.textContent = bar.dataset.say;
      const at = Number(bar.dataset.at) / 1e6, kept = Number(bar.dataset.kept);
      for (const mark of event ? all("#lanes svg.mark") : []) {
        const pick = picks.get(Number(mark.dataset.e));
        mark.classList.toggle("off", pick !== undefined && pick !== null && pick > kept);
      }
      slider.setAttribute("aria-valuetext", `${kept} picks kept, up to ${at} s`);
    };
    slider.addEventListener("input", slide);
    slide();
  }

  const boxes = all("[data-actor]");
  const filter = () => {
    const shown = new Set(boxes.filter((box) => box.checked).map((box) => box.dataset.actor));
    const known = new Set(boxes.map((box) => box.dataset.actor));
    for (const row of all(".ladder tr[data-by]")) row.hidden = known.has(row.dataset.by) && !shown.has(row.dataset.by);
    for (const mark of all("#lanes svg.mark")) mark.classList.toggle("off", !shown.has(mark.dataset.by));
  };
  for (const box of boxes) box.addEventListener("change", filter);
})();
