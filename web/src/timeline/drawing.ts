/** What the painters need to know of the timeline. */

import type { Dimension } from '../api/types';
import type { Lane } from './lanes';
import type { Marks } from './marks';
import type { Slice } from './slice';
import type { Theme } from './theme';
import type { Stretch } from './window';

export interface Drawing {
  readonly dimensions: readonly Dimension[];
  /** Of the dimensions, in their order. */
  readonly lanes: readonly Lane[];
  readonly slice: Slice;
  readonly marks: Marks;
  readonly threshold: number;
  /** The queue item's stretch and its own time, in seconds. */
  readonly item: (Stretch & { readonly at: number }) | null;
  /** Where the model must not be shown, in seconds. */
  readonly blind: Stretch | null;
  readonly blindText: string;
  /** What does not fit the filter, in seconds. */
  readonly dim: readonly Stretch[];
  readonly theme: Theme;
  readonly hatch: CanvasPattern | null;
  /** Device pixels per pixel. */
  readonly ratio: number;
}
