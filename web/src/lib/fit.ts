/** How the video is enlarged so that a face fills its pane. */

export interface Size {
  width: number;
  height: number;
}

/** A face as shares of the video: its middle, and how large it is. */
export interface FaceShare extends Size {
  x: number;
  y: number;
}

/** Enlarged about its middle, then moved by pixels. */
export interface Fit {
  scale: number;
  x: number;
  y: number;
}

/** The box of the face, and so much room: 40 % more than it. */
const ROOM = 1.4;
/** Further on, only single pixels would grow. */
const MOST = 10;
/** A face is small under this share of the pane, by the side of equal squares. */
const SMALL = 1 / 5;

/** The video as large as the pane allows. */
function stageOf(ratio: number, pane: Size): Size {
  const width = Math.min(pane.width, pane.height * ratio);
  return { width, height: width / ratio };
}

/** True if the whole video in the pane leaves the face small. */
export function isSmall(face: FaceShare, ratio: number, pane: Size): boolean {
  const { width, height } = stageOf(ratio, pane);
  const area = face.width * width * face.height * height;
  return Math.sqrt(area / (pane.width * pane.height)) < SMALL;
}

/** The face with its room in the middle of the pane, or as near to it as the video goes. */
export function fitOf(face: FaceShare, ratio: number, pane: Size): Fit {
  const { width, height } = stageOf(ratio, pane);
  const wanted = Math.min(
    pane.width / (ROOM * face.width * width),
    pane.height / (ROOM * face.height * height),
  );
  const scale = Math.min(Math.max(wanted, 1), MOST);
  const moved = (at: number, side: number, room: number) => {
    const most = Math.max(0, (scale * side - room) / 2);
    return Math.min(Math.max(-scale * (at - 0.5) * side, -most), most);
  };
  return {
    scale,
    x: moved(face.x, width, pane.width),
    y: moved(face.y, height, pane.height),
  };
}

/** True if the whole face is still in sight, and not much smaller or larger than it was. */
export function stillFits(
  fit: Fit,
  face: FaceShare,
  ratio: number,
  pane: Size,
): boolean {
  const { width, height } = stageOf(ratio, pane);
  const reaches = (at: number, size: number, side: number, by: number, room: number) =>
    Math.abs(fit.scale * (at - 0.5) * side + by) + (fit.scale * size * side) / 2 <=
    room / 2;
  const now = fitOf(face, ratio, pane).scale / fit.scale;
  return (
    now < 1.6 &&
    reaches(face.x, face.width, width, fit.x, pane.width) &&
    reaches(face.y, face.height, height, fit.y, pane.height)
  );
}
