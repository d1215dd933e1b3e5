import feltline.video


def test_everything_public_is_there_and_explained():
    for name in feltline.video.__all__:
        thing = getattr(feltline.video, name)
        assert thing.__doc__
