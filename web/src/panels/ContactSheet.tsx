/** Faces side by side, to give one value or class to many at once with pad and classes. */

import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { focusSlider } from '../components/PadSlider';
import { t } from '../i18n';
import { chordOf } from '../keys';
import { announce } from '../state/announcements';
import { clearDraft } from '../state/draft';
import { draftTouched } from '../state/draftValue';
import { enterSheet, leaveSheet, saveOnSheet } from '../state/sheetDesk';
import { type SheetFaces, sheetFaces } from '../state/sheetFaces';
import { isArrow, step } from './grid';
import { Fault, Panel } from './Panel';
import { SheetCellView } from './SheetCellView';
import { Bar, Cluster, Kinds } from './SheetParts';
import type { Send } from './send';
import { annotationOf, keyOf } from './sheetJudgements';
import { nextOpen, type Place, useAnnotations, useSheet } from './useSheet';

export interface ContactSheetProps {
  /** Face on screen: the one that `similar` compares with. */
  place: Place | null;
  /** Keep faces under the threshold to this video. */
  onlyVideo?: string | null;
  send: Send;
  onOpen: (video_id: string, track_id: number, frame: number) => void;
}

type SheetState = ReturnType<typeof useSheet>;
type Annotations = ReturnType<typeof useAnnotations>['annotations'];

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
  enter: () => void;
  selectAll: () => void;
}

/** True if the key was one of the list's; all others are the page's, as everywhere. */
function press(event: KeyboardEvent, does: Does): boolean {
  if (event.altKey || event.isComposing) return false;
  const { key } = event;
  if (event.ctrlKey || event.metaKey) {
    // As in any list: the browser would select the text of the page.
    if (key.toLowerCase() !== 'a' || event.shiftKey) return false;
    does.selectAll();
    return true;
  }
  const chord = chordOf(event);
  if (isArrow(key)) does.move(key);
  else if (chord.endsWith('Space')) does.toggle();
  else if (key === 'Enter') does.enter();
  else if (chord === 'Shift+a') does.selectAll();
  else return false;
  return true;
}

/** Hands the faces over to pad and classes as long as the sheet is open. */
function usePad(faces: SheetFaces): void {
  useLayoutEffect(() => {
    enterSheet(faces);
    return leaveSheet;
  }, []);
  useLayoutEffect(() => {
    if (sheetFaces.peek()) sheetFaces.value = faces;
  });
}

/**
 * A draft stays with the faces that it was begun for: the one in focus is selected. Where
 * they go, it goes too, and never to others.
 */
function useHold(sheet: SheetState): void {
  const touched = draftTouched.value;
  const { selected, meant, cells } = sheet;
  const holds = cells.some((cell) => selected.has(keyOf(cell)));
  const held = useRef(false);
  useEffect(() => {
    const isNew = touched && !held.current;
    held.current = touched;
    const [one] = meant;
    if (isNew && !holds && one) sheet.toggle(one);
    else if (touched && !holds && !isNew) {
      clearDraft();
      announce('info', 'notice.valueDropped');
    }
  }, [touched, holds]);
}

export function ContactSheet(props: ContactSheetProps) {
  const { onOpen } = props;
  const [model, setModel] = useState(false);
  const sheet = useSheet(props.place, props.onlyVideo ?? null);
  const { annotations, give, fault } = useAnnotations(props.send, sheet.kind, model);
  const { list, focus, move } = useList(sheet.focused);
  const { kind, cells, meant, selected, loaded } = sheet;
  const [first] = meant;
  const isLabelled = (cell: (typeof cells)[number]) => {
    const { value, expression } = annotationOf(cell, annotations.get(keyOf(cell)));
    return value.length > 0 || expression !== null;
  };
  usePad({
    cells: meant,
    annotation:
      meant.length === 1 && first
        ? annotationOf(first, annotations.get(keyOf(first)))
        : null,
    isModelShown: model,
    save: (annotation, remarks) => {
      void give(meant, annotation, remarks);
      // The next group's label must not go to these faces too.
      sheet.clearSelection();
      const given = new Set(meant.map(keyOf));
      const last = Math.max(...meant.map((cell) => cells.indexOf(cell)));
      focus(
        nextOpen(cells, last, (cell) => given.has(keyOf(cell)) || isLabelled(cell)),
      );
    },
    leave: () => {
      clearDraft();
      focus(sheet.focused);
    },
  });
  useHold(sheet);

  /** Many at once; the keys go on at the first of them, and Enter is the value's again. */
  function selectAll(these: readonly (typeof cells)[number][]) {
    sheet.selectAll(these);
    focus(cells.indexOf(these[0] as (typeof cells)[number]));
  }
  function onKeyDown(event: KeyboardEvent) {
    // A cluster's button is in the list too; its Enter and Space are its own.
    const onCell = (event.target as HTMLElement).role === 'option';
    const does = {
      move,
      toggle: () => cells[sheet.focused] && sheet.toggle(cells[sheet.focused] as never),
      enter: () => (draftTouched.value ? saveOnSheet() : focusSlider(0)),
      selectAll: () => selectAll(cells),
    };
    if (onCell && press(event, does)) event.preventDefault();
  }
  /** From the sheet's buttons an arrow leads to its faces. */
  function enter(event: KeyboardEvent) {
    const button = (event.target as HTMLElement).closest('button');
    if (!button || !isArrow(event.key) || cells.length === 0) return;
    event.preventDefault();
    focus(sheet.focused);
  }

  return (
    <Panel
      name="sheet"
      title={t('sheet.title')}
      onKeyDown={enter}
      tools={<Kinds kind={kind} similar={props.place !== null} choose={sheet.choose} />}
      footer={<p class="panel-note panel-keys">{t('sheet.keys')}</p>}
    >
      <Bar
        selected={selected.size}
        of={cells.length}
        model={model}
        setModel={setModel}
        selectAll={() => selectAll(cells)}
        reload={() => void loaded.reload()}
      />
      <p class="panel-intro">{t(`sheet.intro.${kind}`)}</p>
      <Fault text={loaded.fault ?? fault} />
      {loaded.loading && (
        <p role="status" data-testid="sheet-loading">
          {t(`sheet.looking.${kind}`)}
        </p>
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
          selectAll={selectAll}
          toggle={(i) => {
            const cell = cells[i];
            if (cell) sheet.toggle(cell);
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
  annotations: Annotations;
  model: boolean;
  selectAll: SheetState['selectAll'];
  toggle: (index: number) => void;
  open: (index: number) => void;
}

function Clusters(props: ClustersProps) {
  const { sheet, annotations, model, toggle, open } = props;
  const { kind, loaded, cells, focused, selected } = sheet;
  const indexOf = new Map(cells.map((cell, i) => [keyOf(cell), i]));
  return (
    <>
      {loaded.value?.clusters.map((cluster, c) => (
        <Cluster
          key={cluster.cells[0] ? keyOf(cluster.cells[0]) : c}
          number={kind === 'pending' ? c + 1 : null}
          cells={cluster.cells}
          isSelected={cluster.cells.every((cell) => selected.has(keyOf(cell)))}
          selectAll={props.selectAll}
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
