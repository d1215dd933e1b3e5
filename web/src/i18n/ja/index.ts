/** Japanese has one form for all numbers. */
import { guide } from './guide';
import { judging } from './judging';
import { page } from './page';
import { panels } from './panels';

export const ja: Record<string, string> = { ...page, ...judging, ...panels, ...guide };
