/** 評定ガイド、プロジェクトの評定基準、ツアー、キーの設定。 */
export const guide: Record<string, string> = {
  'top.more': 'その他',
  'top.guide': '評定ガイド',
  'key.guide': '評定ガイド',
  'key.padFaces': '感情平面に見本の顔を表示',

  'sheet.guide': '評定ガイド',
  'guide.scalesTitle': '尺度の意味',
  'guide.what':
    '感情価は表情がどれだけ快いか、覚醒度はどれだけ興奮しているかを表します。二つは別々に評定します。快くて穏やかな顔も、不快で興奮した顔もあります。',
  'guide.planeLabel': '九つの顔の絵：左から右へ不快から快、下から上へ穏やかから興奮',
  'guide.onPad': 'この顔を感情平面に薄く表示する（{key:padFaces}）',
  'guide.drawn':
    'それぞれの値に伴う動きから描いた絵で、特定の人ではありません。尺度の目印であり、人の顔と見比べるためのものではありません。',
  'guide.at.high': '+1',
  'guide.at.middle': '0',
  'guide.at.low': '−1',
  'guide.valence':
    '口もとと目のまわりを見ます。口角が上がり頬が持ち上がっているか、口角が下がり、鼻にしわが寄り、眉が寄っているか。',
  'guide.valence.high': '顔に表れる最も快い状態：大笑い、大喜び。',
  'guide.valence.middle':
    'どちらでもない：無表情、または両方のしるしが釣り合っている顔。',
  'guide.valence.low': '顔に表れる最も不快な状態：絶望、嫌悪、恐怖、激怒。',
  'guide.arousal':
    '動きの大きさを見ます。目が見開かれ、口が開き、筋肉が張っているか、まぶたが重く、全体がゆるんでいるか。',
  'guide.arousal.high':
    '顔に表れる最も興奮した状態：叫び、恐怖、歓喜。目と口が大きく開いている。',
  'guide.arousal.middle': '目覚めて落ち着いている：注意は向いているが、張りはない。',
  'guide.arousal.low': '顔に表れる最も穏やかな状態：うとうとして、目が閉じかけている。',
  'guide.howTitle': '値の付け方',
  'guide.how.face':
    'このフレームの顔に表れているものを評定します。話の流れや、その人について知っていることは考えません。',
  'guide.how.first': '第一印象で決めます。先に感情価、次に覚醒度です。',
  'guide.how.scale':
    '尺度の全体を使います。両端は、この動画の中でではなく、およそ顔に表れる最も強い状態のためのものです。',
  'guide.how.same':
    '誰でも同じ尺度で評定します。いつも厳しい顔の人でも、不快に見えるなら 0 より下です。',
  'guide.how.unsure':
    '迷うときは「自信なし」を付けます（{key:toggleUnsure}）。何もわからないときは「判断不可」にします（{key:cannotJudge}）。',

  'guidelines.title': 'このプロジェクトの評定基準',
  'guidelines.none':
    'まだありません。評価者の間で決めておくことを書きます。誰を評定するか、何を数えるか、何を除くか。',
  'guidelines.edit': '編集',
  'guidelines.save': '保存',
  'guidelines.cancel': 'キャンセル',
  'guidelines.hint':
    '書式のない文章です。空行で段落、# で見出し、- で箇条書きになります。プロジェクトのフォルダーの guidelines.md に保存されます。',
  'history.note.guidelines': 'プロジェクトの評定基準を変更',

  'keys.change': 'キーを変更する',
  'keys.intro':
    'このブラウザーだけの設定です。一つのキーの意味は一つです。使われているキーは、何に使われているかを示して断ります。',
  'keys.set': '変更',
  'keys.setFor': 'キーを変更：{action}',
  'keys.press': '新しいキーを押す（Esc で中止）',
  'keys.reset': '元に戻す',
  'keys.resetFor': 'キーを元に戻す：{action}',
  'keys.resetAll': 'すべて元に戻す',
  'keys.export': 'ファイルに保存',
  'keys.import': 'ファイルから読み込む',
  'keys.fixed': 'このキーは変更できません',
  'keys.taken': '{chord} は使われています：{other}',
  'keys.takenByClass': '{chord} は表情「{name}」に使われています',
  'keys.browser':
    '{chord} はブラウザーが使います。文字、記号、移動のキーが使えます（Shift を付けることもできます）。',
  'keys.ofPart': '{chord} はタイムラインか顔サムネイル一覧で使われています',
  'keys.unknown': 'このファイルには、ない操作か、正しくない書き方があります：{name}',
  'keys.noFile': 'feltline のキー設定のファイルではありません',

  'phone.note':
    'スマートフォンではキューの評定ができます（承認、修正、ラベル付け）。区間、顔の編集、顔サムネイル一覧には広い画面を使ってください。',

  'tour.label': 'ツアー',
  'tour.offer': '初めてですか。2 分で画面をご案内します。',
  'tour.offerEmpty': '動画はまだありません。画面の使い方をご案内します。',
  'tour.start': 'ツアーを始める',
  'tour.refuse': 'ツアーを見ない',
  'tour.skip': 'やめる',
  'tour.back': '戻る',
  'tour.next': '次へ',
  'tour.end': '終わる',
  'tour.step': '{n} / {of}',
  'tour.videos.title': '動画',
  'tour.videos.text':
    'プロジェクトの動画と残りの件数です。一つを選ぶと、その動画だけを進めます（{key:videos}）。',
  'tour.videos.empty':
    'プロジェクトの動画がここに並びます。まだ一つもありません。追加すると、feltline が顔を探します。',
  'tour.card.title': 'いま評定するもの',
  'tour.card.text':
    '一度に一つの顔と、その理由を示します。最初は、ほかのフレームの予測に最も役立つフレームです。自分の値になるように、モデルは隠れています。',
  'tour.pad.title': '自分の値',
  'tour.pad.text':
    '左が不快、右が快、上が興奮、下が穏やかです。クリックやドラッグ、または {key:valueUp} と {key:valueDown} で決め、{key:toggleDimension} でもう一つの尺度に移ります。表情のキーで付くのは表情だけです。尺度の意味は {key:guide} で見られます。',
  'tour.decide.title': '判断',
  'tour.decide.text':
    '{key:accept} でモデルの値を承認するか、自分の値を保存します。使わないものは {key:reject}、判断できないものは {key:cannotJudge}、後で見るものは {key:skip} です。',
  'tour.scope.title': 'Enter で何が起こるか',
  'tour.scope.text':
    '押す前に文で示します。区間（{key:spanStart}、{key:spanEnd}）や動画全体（{key:clipLabel}）にもラベルを付けられます。',
  'tour.timeline.title': '曲線',
  'tour.timeline.text':
    'すべてのフレームに値と区間があります。点は人のラベル、斜線の部分はしきい値未満で、評定の対象になります。',
  'tour.save.title': '何も失われません',
  'tour.save.text':
    'オフラインでも、すべてその場で保存されます。{key:undo} で、動画をまたいで元に戻せます。',
  'tour.panels.title': 'そのほか',
  'tour.panels.text':
    'しきい値、顔サムネイル一覧、顔、履歴、書き出しです。キーの一覧はヘルプ（{key:help}）にあり、このツアーももう一度始められます。',
};
