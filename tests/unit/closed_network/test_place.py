"""Names of a private engine: derived from the folder, and short enough for the kernel."""

from pathlib import Path

from paystack_cli.closed_network.place import Place

INTERFACE_NAME_MAX = 15
SOCKET_PATH_MAX = 107


def test_two_folders_share_nothing() -> None:
    one, other = Place(Path("/srv/one")), Place(Path("/srv/other"))
    assert one.bridge != other.bridge
    assert one.run != other.run
    assert one.home != other.home


def test_names_fit_however_deep_the_folder_is() -> None:
    place = Place(Path("/a very long folder name" * 20))
    assert len(place.bridge) <= INTERFACE_NAME_MAX
    deepest = place.run / "containerd" / "containerd-debug.sock"
    assert len(str(deepest)) <= SOCKET_PATH_MAX
