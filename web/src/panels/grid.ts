/** Moving with the arrow keys over faces that are laid out in rows. */

export interface Box {
  left: number;
  top: number;
}

export type Arrow =
  | 'ArrowLeft'
  | 'ArrowRight'
  | 'ArrowUp'
  | 'ArrowDown'
  | 'Home'
  | 'End';

const ARROWS: readonly string[] = [
  'ArrowLeft',
  'ArrowRight',
  'ArrowUp',
  'ArrowDown',
  'Home',
  'End',
];

export const isArrow = (key: string): key is Arrow => ARROWS.includes(key);

/** Boxes whose tops differ by less (px) are in one row. */
const SAME_ROW = 4;

/** The nearest box to the left or right in the next row up or down; `at` if there is none. */
function vertical(boxes: readonly Box[], at: number, down: boolean): number {
  const here = boxes[at] as Box;
  let best = at;
  let bestRow = 0;
  boxes.forEach((box, i) => {
    const row = down ? box.top - here.top : here.top - box.top;
    if (row < SAME_ROW) return;
    const nearerRow = best === at || row < bestRow - SAME_ROW;
    const sameRow = best !== at && Math.abs(row - bestRow) < SAME_ROW;
    const far = Math.abs(box.left - here.left);
    if (
      nearerRow ||
      (sameRow && far < Math.abs((boxes[best] as Box).left - here.left))
    ) {
      best = i;
      bestRow = row;
    }
  });
  return best;
}

/** Where an arrow key leads from the box `at`. */
export function step(boxes: readonly Box[], at: number, key: Arrow): number {
  switch (key) {
    case 'ArrowLeft':
      return Math.max(0, at - 1);
    case 'ArrowRight':
      return Math.min(boxes.length - 1, at + 1);
    case 'Home':
      return 0;
    case 'End':
      return boxes.length - 1;
    default:
      return boxes.length ? vertical(boxes, at, key === 'ArrowDown') : at;
  }
}
