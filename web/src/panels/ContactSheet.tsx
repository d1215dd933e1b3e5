/** Faces side by side, to give one value or class to many at once. */

import { useRef, useState } from 'preact/hooks';
import type { Session, SheetCell } from '../api/types';
import { t } from '../i18n';
import { classKeys } from '../state/session';
import { isArrow, step } from './grid';
import { Fault, Panel } from './Panel';
import { SheetCellView } from './SheetCellView';
import { Bar, Classes, Cluster, Kinds } from './SheetParts';
import type { Send } from './send';
import { type Annotation, annotationOf, keyOf } from './sheetJudgements';
import { type Place, useAnnotations, useSheet } from './useSheet';
import { ValueEditor } from './ValueEditor';

export interface ContactSheetProps {
  session: Session;
  /** Face on screen: the one that `similar` compares with. */
  place: Place | null;
  /** Keep faces under the threshold to this video. */
  onlyVideo?: string | null;
  send: Send;
  onOpen: (video_id: string, track_id: number, frame: number) => void;
}

type SheetState = ReturnType<typeof useSheet>;

/** The list that holds the faces, and moving the focus in it. */
function useList(focused: number) {
  const list = useRef<HTMLDivElement>(null);
  const options = () =>
    [...(list.current?.querySelectorAll('[role="option"]') ?? [])] as HTMLElement[];
  const focus = (i: number) => options()[i]?.focus();
  function move(key: string) {
    if (!isArrow(key)) return;
    const boxes = options().map((option) => option.getBoundingClientRect());
    focus(step(boxes, focused, key));
  }
  return { list, focus, move };
}

interface Does {
  move: (key: string) => void;
  toggle: () => void;
  edit: () => void;
  selectAll: () => void;
  classify: (name: string) => void;
}

/** True if the key was one of the sheet's. */
function press(event: KeyboardEvent, does: Does): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return false;
  const { key, shiftKey } = event;
  const name = classKeys.value.get(key);
  if (isArrow(key)) does.move(key);
  else if (key === ' ' || key === '\u3000') does.toggle();
  else if (key === 'Enter') does.edit();
  else if (key.toLowerCase() === 'a' && shiftKey) does.selectAll();
  else if (name) does.classify(name);
  else return false;
  return true;
}

export function ContactSheet(props: ContactSheetProps) {
  const { session, onOpen } = props;
  const { dimensions, classes } = session.label_schema;
  const [model, setModel] = useState(false);
  const [editing, setEditing] = useState(false);
  const sheet = useSheet(props.place, props.onlyVideo ?? null);
  const { annotations, give, fault } = useAnnotations(props.send, sheet.kind, model);
  const { list, focus, move } = useList(sheet.focused);
  const { kind, cells, meant, selected, loaded, selectAll } = sheet;
  const edit = () => setEditing(meant.length > 0);
  const label = (annotation: Annotation) => {
    void give(meant, annotation);
    // The next group's label must not go to these faces too.
    sheet.clearSelection();
  };
  const classify = (expression: string) => label({ expression });

  function toggle(cell: SheetCell | undefined) {
    if (cell) sheet.toggle(cell);
  }
  function onKeyDown(event: KeyboardEvent) {
    // A cluster's button is in the list too; its Enter and Space are its own.
    const onCell = (event.target as HTMLElement).role === 'option';
    const does = {
      move,
      toggle: () => toggle(cells[sheet.focused]),
      edit,
      selectAll: () => selectAll(cells),
      classify,
    };
    if (onCell && press(event, does)) event.preventDefault();
  }
  /** Anywhere in the sheet a digit is for its faces, and an arrow leads to them. */
  function enter(event: KeyboardEvent) {
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    const name = classKeys.value.get(event.key);
    if (plain && !event.defaultPrevented && (name || /^[0-9]$/.test(event.key))) {
      // Those that mean nothing here must not label the frame behind the sheet.
      event.preventDefault();
      if (name) classify(name);
      return;
    }
    const button = (event.target as HTMLElement).closest('button');
    if (!button || editing || !isArrow(event.key) || cells.length === 0) return;
    event.preventDefault();
    focus(sheet.focused);
  }
  function close() {
    setEditing(false);
    focus(sheet.focused);
  }

  const [first] = meant;
  return (
    <Panel
      name="sheet"
      title={t('sheet.title')}
      onKeyDown={enter}
      tools={<Kinds kind={kind} similar={props.place !== null} choose={sheet.choose} />}
      footer={
        <>
          {editing && first && (
            <ValueEditor
              dimensions={dimensions}
              n={meant.length}
              start={annotationOf(first, annotations.get(keyOf(first))).value}
              onSave={(value) => {
                label({ value });
                close();
              }}
              onCancel={close}
            />
          )}
          <p class="panel-note panel-keys">{t('sheet.keys')}</p>
        </>
      }
    >
      <p class="panel-intro">{t(`sheet.intro.${kind}`)}</p>
      <Bar
        selected={selected.size}
        of={cells.length}
        meant={meant.length}
        model={model}
        setModel={setModel}
        selectAll={() => selectAll(cells)}
        edit={edit}
        reload={() => void loaded.reload()}
      />
      <Classes
        names={classes.map(({ name }) => name)}
        disabled={meant.length === 0}
        choose={classify}
      />
      <Fault text={loaded.fault ?? fault} />
      {loaded.loading && cells.length === 0 && (
        <p role="status">{t('sheet.loading')}</p>
      )}
      {!loaded.loading && loaded.value && cells.length === 0 && (
        <p data-testid="sheet-none">{t(`sheet.none.${kind}`)}</p>
      )}
      <div
        ref={list}
        class="sheet-list"
        role="listbox"
        tabIndex={-1}
        aria-multiselectable="true"
        aria-label={t('sheet.title')}
        data-testid="sheet-list"
        onKeyDown={onKeyDown}
      >
        <Clusters
          sheet={sheet}
          annotations={annotations}
          model={model}
          toggle={(i) => {
            toggle(cells[i]);
            focus(i);
          }}
          open={(i) => {
            const cell = cells[i];
            if (cell) onOpen(cell.video_id, cell.track_id, cell.frame);
          }}
        />
      </div>
    </Panel>
  );
}

interface ClustersProps {
  sheet: SheetState;
  annotations: ReturnType<typeof useAnnotations>['annotations'];
  model: boolean;
  toggle: (index: number) => void;
  open: (index: number) => void;
}

function Clusters({ sheet, annotations, model, toggle, open }: ClustersProps) {
  const { kind, loaded, cells, focused, selected } = sheet;
  const indexOf = new Map(cells.map((cell, i) => [keyOf(cell), i]));
  return (
    <>
      {loaded.value?.clusters.map((cluster, c) => (
        <Cluster
          key={cluster.cells[0] ? keyOf(cluster.cells[0]) : c}
          number={kind === 'pending' ? c + 1 : null}
          cells={cluster.cells}
          selectAll={sheet.selectAll}
        >
          {cluster.cells.map((cell) => {
            const index = indexOf.get(keyOf(cell)) ?? 0;
            return (
              <SheetCellView
                key={keyOf(cell)}
                cell={cell}
                index={index}
                focused={index === focused}
                selected={selected.has(keyOf(cell))}
                here={annotations.get(keyOf(cell))}
                model={model}
                onFocus={sheet.setFocused}
                onToggle={toggle}
                onOpen={open}
              />
            );
          })}
        </Cluster>
      ))}
    </>
  );
}
