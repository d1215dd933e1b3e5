/** Japanese has one form for all numbers. */
import { agreement } from './agreement';
import { audits } from './audits';
import { data } from './data';
import { guide } from './guide';
import { judging } from './judging';
import { manage } from './manage';
import { page } from './page';
import { panels } from './panels';
import { people } from './people';
import { start } from './start';
import { teams } from './teams';
import { tracing } from './tracing';
import { working } from './working';

export const ja: Record<string, string> = {
  ...page,
  ...judging,
  ...panels,
  ...people,
  ...start,
  ...data,
  ...guide,
  ...working,
  ...teams,
  ...agreement,
  ...audits,
  ...tracing,
  ...manage,
};
