/** A tour of the page in steps beside its parts, never in the way; and what it begins by. */

import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { t } from '../i18n';
import { type Area, beside } from '../lib/beside';
import { may } from '../state/session';
import {
  dismissPhoneNote,
  endOffer,
  endTour,
  moveTour,
  phoneNote,
  startTour,
  TOUR,
  tourOffered,
  tourStep,
} from '../state/tour';
import { videos } from '../state/videos';
import { Icon } from './Icon';

/** Offered once to whoever sees the page for the first time. */
export function TourOffer() {
  if (!may('judge')) return null;
  if (!tourOffered.value || tourStep.value !== null) return null;
  return (
    <section class="tour-offer" aria-label={t('tour.label')}>
      <span>{t(videos.value.length > 0 ? 'tour.offer' : 'tour.offerEmpty')}</span>
      <button
        type="button"
        class="button small primary"
        data-testid="tour-offer"
        onClick={startTour}
      >
        {t('tour.start')}
      </button>
      <button
        type="button"
        class="icon-button"
        aria-label={t('tour.refuse')}
        title={t('tour.refuse')}
        data-testid="tour-refuse"
        onClick={endOffer}
      >
        <Icon name="close" />
      </button>
    </section>
  );
}

/** What a phone is good for, said once; wider windows do not show it. */
export function PhoneNote() {
  if (!phoneNote.value) return null;
  return (
    <p class="phone-note" data-testid="phone-note">
      <span>{t('phone.note')}</span>
      <button
        type="button"
        class="icon-button"
        aria-label={t('notice.dismiss')}
        onClick={dismissPhoneNote}
      >
        <Icon name="close" />
      </button>
    </p>
  );
}

interface Placed {
  part: Area;
  card: Area;
}

const areaOf = ({ left, top, width, height }: DOMRect): Area => ({
  left,
  top,
  width,
  height,
});

/** Follows the part and the window; the part is brought into sight first. */
function usePlace(anchor: string | null) {
  const card = useRef<HTMLElement>(null);
  const [place, setPlace] = useState<Placed | null>(null);
  useLayoutEffect(() => {
    const part = anchor === null ? null : document.querySelector(anchor);
    if (!part) {
      setPlace(null);
      return undefined;
    }
    part.scrollIntoView({ block: 'nearest' });
    const put = () => {
      const box = card.current?.getBoundingClientRect();
      if (!box) return;
      const page = { width: innerWidth, height: innerHeight };
      const at = areaOf(part.getBoundingClientRect());
      setPlace({ part: at, card: beside(at, box, page) });
    };
    put();
    const sizes = new ResizeObserver(put);
    sizes.observe(part);
    addEventListener('resize', put);
    addEventListener('scroll', put, true);
    return () => {
      sizes.disconnect();
      removeEventListener('resize', put);
      removeEventListener('scroll', put, true);
    };
  }, [anchor]);
  return { card, place };
}

const px = (area: Area) => ({
  left: `${area.left}px`,
  top: `${area.top}px`,
});

export function Tour() {
  const at = tourStep.value;
  const step = at === null ? undefined : TOUR[at];
  const { card, place } = usePlace(step?.anchor ?? null);
  useLayoutEffect(() => {
    // Whoever starts it by keyboard goes on by keyboard.
    if (at === 0) card.current?.querySelector<HTMLElement>('.primary')?.focus();
  }, [at === 0]);
  if (at === null || !step) return null;
  const { name } = step;
  const empty = name === 'videos' && videos.value.length === 0;
  return (
    <>
      {place && (
        <div
          class="tour-ring"
          style={{
            ...px(place.part),
            width: `${place.part.width}px`,
            height: `${place.part.height}px`,
          }}
        />
      )}
      <section
        ref={card}
        class="tour"
        aria-label={t('tour.label')}
        aria-live="polite"
        data-testid="tour"
        data-step={name}
        style={place ? px(place.card) : undefined}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          event.stopPropagation();
          endTour();
        }}
      >
        <h2>{t(`tour.${name}.title`)}</h2>
        <p>{t(empty ? 'tour.videos.empty' : `tour.${name}.text`)}</p>
        <div class="tour-buttons">
          <span class="muted">{t('tour.step', { n: at + 1, of: TOUR.length })}</span>
          <button
            type="button"
            class="button small quiet"
            data-testid="tour-skip"
            onClick={endTour}
          >
            {t('tour.skip')}
          </button>
          {at > 0 && (
            <button
              type="button"
              class="button small"
              data-testid="tour-back"
              onClick={() => moveTour(-1)}
            >
              {t('tour.back')}
            </button>
          )}
          <button
            type="button"
            class="button small primary"
            data-testid="tour-next"
            onClick={() => moveTour(1)}
          >
            {t(at < TOUR.length - 1 ? 'tour.next' : 'tour.end')}
          </button>
        </div>
      </section>
    </>
  );
}
