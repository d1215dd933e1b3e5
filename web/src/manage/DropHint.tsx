/** While files are held over the page: they may be let go anywhere. */

import { t } from '../i18n';
import { isOverPage } from './drop';

export function DropHint() {
  if (!isOverPage.value) return null;
  return (
    <div class="drop-hint" data-testid="drop-hint">
      <p>{t('drop.here')}</p>
    </div>
  );
}
