/** Where a card goes beside a part of the page, so that both are in sight. */

export interface Area {
  left: number;
  top: number;
  width: number;
  height: number;
}

const GAP = 10;
const EDGE = 8;

const within = (value: number, most: number) =>
  Math.max(EDGE, Math.min(value, most - EDGE));

/** Share of a card that lies over a part. */
function covered(card: Area, part: Area): number {
  const wide =
    Math.min(card.left + card.width, part.left + part.width) -
    Math.max(card.left, part.left);
  const high =
    Math.min(card.top + card.height, part.top + part.height) -
    Math.max(card.top, part.top);
  return Math.max(0, wide) * Math.max(0, high);
}

/** Left, below, right or above a part, whichever covers least of it. */
export function beside(
  part: Area,
  card: Pick<Area, 'width' | 'height'>,
  page: Pick<Area, 'width' | 'height'>,
): Area {
  const right = part.left + part.width;
  const bottom = part.top + part.height;
  const corners = [
    { left: part.left - card.width - GAP, top: part.top },
    { left: part.left, top: bottom + GAP },
    { left: right + GAP, top: part.top },
    { left: part.left, top: part.top - card.height - GAP },
  ];
  const areas = corners.map(({ left, top }) => ({
    left: within(left, page.width - card.width),
    top: within(top, page.height - card.height),
    ...{ width: card.width, height: card.height },
  }));
  return areas.reduce((best, one) =>
    covered(one, part) < covered(best, part) ? one : best,
  );
}
