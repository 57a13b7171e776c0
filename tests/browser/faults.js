// What is wrong with a page for somebody who cannot see it, has no mouse, or holds it in one hand.
() => {
  const faults = [];
  const told = (words, element) => faults.push(`${words}: ${element.outerHTML.slice(0, 160)}`);
  const every = (selector) => [...document.querySelectorAll(selector)].filter((each) => each.checkVisibility());
  const textOf = (ids) => ids.split(" ").map((id) => document.getElementById(id)?.textContent.trim() ?? "").join("");
  const nameOf = (element) =>
    textOf(element.getAttribute("aria-labelledby") ?? "") || element.getAttribute("aria-label") ||
    [...(element.labels ?? [])].map((label) => label.innerText.trim()).join("");

  if (!document.documentElement.lang) faults.push("the page does not say its language");
  if (!document.title) faults.push("the page has no title");
  for (const only of ["h1", "main"]) {
    if (every(only).length !== 1) faults.push(`there are ${every(only).length} ${only}`);
  }
  let level = 1;
  for (const heading of every("h1, h2, h3, h4, h5, h6")) {
    const own = Number(heading.tagName[1]);
    if (own > level + 1) told("a heading skips a level", heading);
    level = own;
  }
  for (const field of every("input, select, textarea")) {
    if (!nameOf(field)) told("a field has no label", field);
  }
  for (const control of every("a, button, summary")) {
    if (!control.innerText.trim() && !nameOf(control)) told("a control has no name", control);
  }
  for (const picture of every("img:not([alt]), svg:not([aria-hidden=true], [role=img])")) {
    told("a picture says nothing and is not hidden", picture);
  }
  for (const table of every("table")) {
    if (!table.caption) told("a table has no caption", table);
  }
  for (const head of every("th:not([scope])")) told("a heading of a table heads nothing", head);
  const ids = [...document.querySelectorAll("[id]")].map((each) => each.id);
  for (const id of new Set(ids.filter((each, at) => ids.indexOf(each) !== at))) faults.push(`two are #${id}`);
  for (const attribute of ["for", "aria-labelledby", "aria-describedby", "aria-controls"]) {
    for (const element of document.querySelectorAll(`[${attribute}]`)) {
      for (const id of element.getAttribute(attribute).split(" ")) {
        if (!document.getElementById(id)) told(`${attribute} names nothing`, element);
      }
    }
  }
  if (document.documentElement.scrollWidth > innerWidth) {
    const words = `the page is ${document.documentElement.scrollWidth} wide on a screen of ${innerWidth}`;
    const wide = every("body *").filter((each) => each.getBoundingClientRect().right > innerWidth);
    told(words, wide.find((each) => !each.closest("nav")) ?? document.body);
  }
  for (const target of every("button, select, a.button, nav a, input:not([type=checkbox], [type=radio])")) {
    const { width, height } = target.getBoundingClientRect();
    if (Math.min(width, height) < 24) told("a finger does not fit", target);
  }
  return faults;
}
