#!/bin/sh
# Says where pip is to get PyTorch from, for the line that installs gpend:
#   .venv/bin/pip install $(sh config/torch.sh) .
# What pip takes by default is made for NVIDIA's cards and takes about 6 GB. Where there is no such card, this names PyTorch's
# own index for the processor alone, which saves 5 of them: of the same release, pip takes the one from there. Where that
# index cannot be reached it says nothing, and pip does as it always does.
index=https://download.pytorch.org/whl/cpu

has_card() {
  [ -e /dev/nvidiactl ] && return 0
  for device in /sys/bus/pci/devices/*; do
    [ "$(cat "$device/vendor" 2> /dev/null)" = 0x10de ] || continue
    case "$(cat "$device/class" 2> /dev/null)" in
      0x03*) return 0 ;; # it shows pictures, or computes
    esac
  done
  return 1
}

is_reached() {
  python3 -c 'import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=5)' "$1/torch/" 2> /dev/null
}

if has_card; then
  echo "PyTorch for NVIDIA's cards is installed, as there is one here." >&2
elif is_reached "$index"; then
  echo "PyTorch for the processor alone is installed, as there is no NVIDIA card here." >&2
  echo "--extra-index-url $index"
else
  echo "$index cannot be reached: PyTorch is installed as pip finds it, which may take 6 GB." >&2
fi
