/** Controls of the contact sheet. */

import type { ComponentChildren } from 'preact';
import type { SheetCell, SheetKind } from '../api/types';
import { t } from '../i18n';

const KINDS: readonly SheetKind[] = ['suggested', 'pending', 'similar'];

/** Which faces to show. */
export function Kinds(props: {
  kind: SheetKind;
  /** False if no face is on screen to compare with. */
  similar: boolean;
  choose: (kind: SheetKind) => void;
}) {
  return (
    <div class="sheet-kinds" role="group" aria-label={t('sheet.kinds')}>
      {KINDS.map((kind) => (
        <button
          key={kind}
          type="button"
          class="panel-button"
          aria-pressed={kind === props.kind}
          disabled={kind === 'similar' && !props.similar}
          data-testid={`sheet-kind-${kind}`}
          onClick={() => props.choose(kind)}
        >
          {t(`sheet.kind.${kind}`)}
        </button>
      ))}
    </div>
  );
}

export function Bar(props: {
  selected: number;
  of: number;
  model: boolean;
  setModel: (shown: boolean) => void;
  selectAll: () => void;
  reload: () => void;
}) {
  const button = (name: string, does: () => void, off = false) => (
    <button
      type="button"
      class="panel-button"
      disabled={off}
      data-testid={`sheet-${name}`}
      onClick={does}
    >
      {t(`sheet.${name}`)}
    </button>
  );
  return (
    <div class="sheet-bar">
      <span role="status" data-testid="sheet-count">
        {t('sheet.selected', { n: props.selected, of: props.of })}
      </span>
      {button('all', props.selectAll, props.of === 0)}
      {button('refresh', props.reload)}
      <label class="sheet-toggle">
        <input
          type="checkbox"
          checked={props.model}
          data-testid="sheet-show-model"
          onChange={(event) => props.setModel(event.currentTarget.checked)}
        />
        {t('sheet.showModel')}
      </label>
    </div>
  );
}

/** Faces that look alike; without a number they are a plain list. */
export function Cluster(props: {
  number: number | null;
  cells: readonly SheetCell[];
  /** All of them are selected. */
  isSelected: boolean;
  selectAll: (cells: readonly SheetCell[]) => void;
  children: ComponentChildren;
}) {
  const { number, cells } = props;
  const name = t('sheet.cluster', { number: number ?? 1, n: cells.length });
  return (
    <div class="sheet-cluster" role="group" aria-label={name}>
      {number !== null && (
        <div class="sheet-cluster-head" role="presentation">
          <span>{name}</span>
          <button
            type="button"
            class="panel-button"
            data-testid={`sheet-cluster-${number}`}
            onClick={() => props.selectAll(cells)}
          >
            {t(props.isSelected ? 'sheet.unselectCluster' : 'sheet.selectCluster')}
          </button>
        </div>
      )}
      <div class="sheet-grid" role="presentation">
        {props.children}
      </div>
    </div>
  );
}
