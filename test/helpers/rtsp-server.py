#!/usr/bin/python3
"""A real RTSP server on loopback: a bouncing ball in H.264 and a tone of 440 Hz, live. Prints "ready" once it listens.

    rtsp-server.py PORT [video|audio|both]

It ends when its input is closed, so that it does not outlive whoever started it.
"""
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

PARTS = {
    "video": "videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=240,framerate=30/1 "
    "! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15 ! rtph264pay name=pay{} config-interval=1",
    "audio": "audiotestsrc is-live=true freq=440 volume=0.5 ! audio/x-raw,rate=48000,channels=1 "
    "! audioconvert ! rtpL16pay name=pay{}",
}


def main():
    Gst.init(None)
    port = sys.argv[1]
    parts = sys.argv[2] if len(sys.argv) > 2 else "both"
    names = ["video", "audio"] if parts == "both" else [parts]
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch("( " + " ".join(PARTS[name].format(i) for i, name in enumerate(names)) + " )")
    factory.set_shared(True)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(port)
    server.get_mount_points().add_factory("/live", factory)
    if server.attach(None) == 0:
        sys.exit("the port is not free")
    loop = GLib.MainLoop()
    GLib.io_add_watch(sys.stdin, GLib.PRIORITY_DEFAULT, GLib.IO_IN | GLib.IO_HUP, lambda *_: loop.quit())
    print("ready", flush=True)
    loop.run()


main()
