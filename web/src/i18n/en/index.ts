/** `{n, one form | other form|}` takes the first form when n is 1. */
import { guide } from './guide';
import { judging } from './judging';
import { page } from './page';
import { panels } from './panels';

export const en: Record<string, string> = { ...page, ...judging, ...panels, ...guide };
