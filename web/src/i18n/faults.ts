/** What to say of something that failed, in the language of the page. */

import { ApiError, OfflineError } from '../api/client';
import { DecodeError } from '../api/decode';
import { t } from './index';

/**
 * The server's own sentence, which it has put into our language; or ours, with what the
 * browser or the code said of it: nothing is hidden.
 */
export function sentenceOf(error: unknown): string {
  if (error instanceof ApiError) return error.message;
  if (error instanceof OfflineError) return t('fault.offline');
  const detail = error instanceof Error ? error.message : String(error);
  if (error instanceof DecodeError) return t('fault.undecodable', { detail });
  return t('fault.page', { detail });
}
