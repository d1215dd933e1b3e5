/** One face of the video: its picture, its name, and what can be done with it. */

import { useEffect, useState } from 'preact/hooks';
import { cropUrl } from '../api/client';
import type { Track, Video } from '../api/types';
import { Picture } from '../components/Picture';
import { number, t } from '../i18n';
import { isWriting } from '../keys';
import { faceName, inOrder } from './faces';
import { Menu } from './Menu';
import { Fault } from './Panel';
import { type NewChange, trackChange } from './send';

interface FaceRowProps {
  video: Video;
  track: Track;
  frame: number;
  /** On screen. */
  current: boolean;
  busy: boolean;
  fault: string | null;
  change: (made: NewChange) => Promise<boolean>;
  onOpen: (video_id: string, track_id: number, frame: number) => void;
}

const CROP = 96;

export function FaceRow(props: FaceRowProps) {
  const { video, track, current, onOpen } = props;
  const open = () => onOpen(video.video_id, track.track_id, track.first_frame);
  const id = track.track_id;
  return (
    <li
      class={`face-row${current ? ' is-current' : ''}${track.ignored ? ' is-ignored' : ''}`}
      data-testid={`face-${id}`}
      aria-current={current ? 'true' : undefined}
    >
      <button
        type="button"
        class="face-crop"
        aria-label={t('faces.open', { face: faceName(track) })}
        title={t('faces.open', { face: faceName(track) })}
        data-testid={`face-open-${id}`}
        onClick={open}
      >
        <Picture
          src={cropUrl(video.video_id, id, track.first_frame, CROP)}
          alt=""
          width={CROP / 2 + 16}
          height={CROP / 2 + 16}
          loading="lazy"
        />
      </button>
      <div class="face-facts">
        <strong>{t('faces.face', { id })}</strong>
        <span>
          {t('faces.frames', {
            n: track.n_frames,
            count: number(track.n_frames),
            first: number(track.first_frame),
            last: number(track.last_frame),
          })}
        </span>
        <span>
          {track.ignored
            ? t('faces.ignored')
            : t('faces.counts', {
                judgements: number(track.n_judgements),
                pending: track.n_pending === null ? '…' : number(track.n_pending),
              })}
        </span>
      </div>
      {!track.ignored && <NameField {...props} />}
      <TrackEdits {...props} />
      <Fault text={props.fault} />
    </li>
  );
}

/** Saved when the field is left or Enter is pressed; Escape takes the typing back. */
function NameField({ video, track, change }: FaceRowProps) {
  const [typed, setTyped] = useState(track.person);
  useEffect(() => setTyped(track.person), [track.person]);

  async function save() {
    const name = typed.trim();
    if (name === track.person) return;
    await change(trackChange(video.video_id, track.track_id, 'person', { name }));
  }

  function onKeyDown(event: KeyboardEvent & { currentTarget: HTMLInputElement }) {
    if (isWriting(event)) return;
    if (event.key === 'Enter') {
      event.preventDefault();
      void save();
    } else if (event.key === 'Escape' && typed !== track.person) {
      event.preventDefault();
      event.stopPropagation();
      setTyped(track.person);
    }
  }

  return (
    <label class="face-name">
      <span>{t('faces.person')}</span>
      <input
        type="text"
        list="faces-persons"
        maxLength={100}
        autocomplete="off"
        value={typed}
        placeholder={t('faces.personHint')}
        data-testid={`face-name-${track.track_id}`}
        onInput={(event) => setTyped(event.currentTarget.value)}
        onBlur={() => void save()}
        onKeyDown={onKeyDown}
      />
    </label>
  );
}

function TrackEdits({ video, track, frame, busy, change }: FaceRowProps) {
  const id = track.track_id;
  const act = (what: 'split' | 'ignore' | 'restore', body = {}) =>
    void change(trackChange(video.video_id, id, what, body));
  if (track.ignored) {
    return (
      <div class="face-edits">
        <button
          type="button"
          class="panel-button"
          disabled={busy}
          data-testid={`face-restore-${id}`}
          onClick={() => act('restore')}
        >
          {t('faces.restore')}
        </button>
      </div>
    );
  }
  const splits = frame > track.first_frame && frame <= track.last_frame;
  return (
    <div class="face-edits">
      <Menu label={t('faces.actions')} testid={`face-actions-${id}`}>
        {(close) => (
          <>
            <button
              type="button"
              class="menu-item"
              disabled={busy || !splits}
              title={t(splits ? 'faces.splitHint' : 'faces.splitNot')}
              data-testid={`face-split-${id}`}
              onClick={() => {
                close();
                act('split', { frame });
              }}
            >
              {t('faces.split', { frame: number(frame) })}
            </button>
            <button
              type="button"
              class="menu-item"
              disabled={busy}
              title={t('faces.ignoreHint')}
              data-testid={`face-ignore-${id}`}
              onClick={() => {
                close();
                act('ignore');
              }}
            >
              {t('faces.ignore')}
            </button>
            <MergeField
              video={video}
              track={track}
              busy={busy}
              change={change}
              onDone={close}
            />
          </>
        )}
      </Menu>
    </div>
  );
}

type MergeProps = Pick<FaceRowProps, 'video' | 'track' | 'busy' | 'change'> & {
  /** Merged or refused: the reason is not to lie under the list of actions. */
  onDone: () => void;
};

/** Choosing and doing are two steps, for arrow keys pass through all choices. */
function MergeField({ video, track, busy, change, onDone }: MergeProps) {
  const [into, setInto] = useState('');
  const id = track.track_id;
  const others = inOrder(video.tracks).filter((o) => !o.ignored && o.track_id !== id);
  if (others.length === 0) return null;
  async function merge() {
    const body = { into: Number(into) };
    if (await change(trackChange(video.video_id, id, 'merge', body))) setInto('');
    onDone();
  }
  return (
    <span class="face-merge">
      <select
        value={into}
        disabled={busy}
        aria-label={t('faces.mergeInto', { id })}
        data-testid={`face-merge-${id}`}
        onChange={(event) => setInto(event.currentTarget.value)}
      >
        <option value="">{t('faces.mergeChoose')}</option>
        {others.map((other) => (
          <option key={other.track_id} value={String(other.track_id)}>
            {faceName(other)}
          </option>
        ))}
      </select>
      <button
        type="button"
        class="panel-button"
        disabled={busy || into === ''}
        data-testid={`face-merge-do-${id}`}
        onClick={() => void merge()}
      >
        {t('faces.merge')}
      </button>
    </span>
  );
}
