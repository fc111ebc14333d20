// Printing the score: its pages, engraved, without the page around them; numbers are those of the browser's pages.

import { toDocument } from "../music/score.ts";
import { service } from "../service/service.ts";
import { studio } from "../studio.svelte.ts";
import { engraved } from "./engraving.ts";

const SVG = "http://www.w3.org/2000/svg";

/** Open the browser's dialogue for printing, with the score as it is shown. */
export async function printScore(): Promise<void> {
  if (!studio.isOpen) return;
  const score = engraved(await service.engrave(toDocument(studio.shown)), "print");
  const sheets = document.createElement("div");
  sheets.className = "print";
  sheets.replaceChildren(...pages(score));
  document.body.append(sheets);
  addEventListener("afterprint", () => sheets.remove(), { once: true });
  print();
}

/** The pages of a score that stand under one another in one SVG, each as its own. */
function pages(score: SVGSVGElement): SVGSVGElement[] {
  const inner = [...score.children].filter((child) => child.localName === "svg" && child.hasAttribute("y"));
  if (!inner.length) return [score];
  return inner.map((page) => {
    page.removeAttribute("y");
    const sheet = document.createElementNS(SVG, "svg");
    for (const { name, value } of score.attributes) if (name !== "viewBox" && !name.startsWith("xmlns")) sheet.setAttribute(name, value);
    sheet.setAttribute("viewBox", page.getAttribute("viewBox")!);
    sheet.setAttribute("preserveAspectRatio", "xMidYMin");
    sheet.append(page);
    return sheet;
  });
}
