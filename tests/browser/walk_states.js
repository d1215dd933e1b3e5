// What the page shows at one moment, for tests/browser/walk_states.py.
window.walkState = () => {
  const at = (id) => document.querySelector(`[data-testid="${id}"]`);
  const card = at("queue-card");
  if (!card) return null;
  const text = (one) => one?.textContent ?? null;
  const crop = card.querySelector("img.crop");
  const plan = at("plan");
  const chips = [...document.querySelectorAll(".classes .class-chip")];
  return {
    ...card.dataset,
    crop: crop?.getAttribute("src") ?? null,
    where: card.querySelector(".where")?.title ?? null,
    told: text(card.querySelector(".card-why > p:nth-of-type(3)")),
    freeAt: at("free-card") ? text(card.querySelector(".where")) : null,
    itemFrame: text(at("item-frame")),
    plan: plan?.firstChild?.textContent ?? null,
    decision: plan?.dataset.decision ?? null,
    save: {...at("save-state").dataset},
    video: at("video")?.dataset.video ?? null,
    frame: at("video")?.dataset.asked ?? null,
    track: at("track")?.value ?? null,
    rows: [...document.querySelectorAll(".pad-row")].map((row) => ({
      active: row.dataset.active === "true",
      own: text(row.querySelector(".pad-value")),
      model: row.querySelector(".pad-tick") ?
        Number(row.querySelector("[role=slider]").getAttribute("aria-valuenow")) : null,
    })),
    names: Object.fromEntries(chips.map((one) =>
      [text(one.querySelector(".class-name")), one.dataset.testid.slice(6)])),
    machine: [
      ...(at("pad-model") ? ["pad"] : []),
      ...(at("card-confidence") ? ["confidence"] : []),
      ...chips.filter((one) => one.title || one.dataset.likely === "true")
        .map((one) => one.dataset.testid),
    ],
    scope: document.querySelector(".scope-row [aria-pressed=true]")
      ?.dataset.testid.slice(6) ?? null,
    comment: at("open-comment")?.dataset.on === "true",
    unsure: at("unsure")?.getAttribute("aria-pressed") === "true",
    commentOpen: at("comment") !== null,
    position: text(card.querySelector(".position b")),
    width: parseFloat(card.querySelector(".progress span")?.style.width ?? "0"),
    refused: document.querySelectorAll(".refused li").length,
    notices: [...document.querySelectorAll(".notice > span")].map(text),
  };
};
// What is said in passing, or was refused, may name a video that is gone.
window.walkShows = (name) => {
  const all = document.body.cloneNode(true);
  for (const one of all.querySelectorAll(".notices")) one.remove();
  return all.outerHTML.includes(name);
};
// As it is when a key comes, before the page takes it.
addEventListener("keydown", () => { window.walkBefore = window.walkState(); }, true);
if (location.protocol !== "about:") {
  for (const k of ["tour", "phoneNote"]) localStorage["feltline." + k] = "seen";
}
