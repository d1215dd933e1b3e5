import feltline.video


def test_what_is_public():
    assert sorted(feltline.video.__all__) == [
        "EVERY_FRAME",
        "FrameSampling",
        "Frame",
        "FramePosition",
        "StoppedError",
        "VideoInfo",
        "VideoWriter",
        "browser_plays",
        "can_write_h264",
        "check_video_path",
        "content_hash",
        "frame_times",
        "parse_every",
        "play_times",
        "probe",
        "read_frame",
        "read_frames",
        "read_some",
        "write_proxy",
    ]


def test_everything_public_is_there_and_explained():
    for name in feltline.video.__all__:
        thing = getattr(feltline.video, name)
        assert thing.__doc__
