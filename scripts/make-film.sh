#!/usr/bin/env bash
# Makes the test film: a ride past mountains at sunset, 24 s at 25 frames a second, that loops without
# a visible seam. Five H.264 rungs with closed GOPs of 2 s, two AAC languages, two WebVTT languages.
#
#   scripts/make-film.sh [OUT_DIR [WORK_DIR]]
#   DASHPOT=target/debug/dashpot scripts/make-film.sh media/film
#
# WORK_DIR gets the plain MP4 files of ffmpeg; OUT_DIR (media/film by default) the asset that `dashpot
# ingest --copy` makes of them. Encoders run on one thread, so that the same ffmpeg gives the same bytes
# on every machine.
set -euo pipefail
export LC_ALL=C

out=${1:-$(cd "$(dirname "$0")/.." && pwd)/media/film}
work=${2:-}
if [ -z "$work" ]; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
fi
font=${DASHPOT_FILM_FONT:-/usr/share/fonts/truetype/dejavu/DejaVuSansMono-Bold.ttf}

command -v ffmpeg >/dev/null || { echo "make-film: ffmpeg is missing; install it (Debian: apt-get install ffmpeg)" >&2; exit 2; }
[ -r "$font" ] || { echo "make-film: no font $font; install it (Debian: apt-get install fonts-dejavu-core) or set DASHPOT_FILM_FONT" >&2; exit 2; }
mkdir -p "$work"
say() { echo "make-film: $*" >&2; }
run() { ffmpeg -nostdin -hide_banner -v error -y "$@"; }

# ---- the picture: layers drawn once by formula, then scrolled at different speeds ------------------
# Every formula has the period of its layer's width, and every layer turns once in 600 frames.
still() { # WIDTHxHEIGHT red green blue alpha file
  run -f lavfi -i "color=black:size=$1:rate=1,format=rgba" -frames:v 1 \
    -vf "geq=r='$2':g='$3':b='$4':a='$5'" "$work/$6"
}

sky() {
  local far="hypot(X-820,Y-330)"
  still 1280x720 \
    "clip(38+Y*0.29+170*exp(-$far/150)+255*lt($far,58),0,255)" \
    "clip(44+Y*0.17+110*exp(-$far/170)+235*lt($far,58),0,255)" \
    "clip(110+Y*0.03+40*exp(-$far/200)+160*lt($far,58),0,255)" 255 sky.png
}

clouds() {
  local angle="st(0,2*PI*X/2560);"
  local puff="st(1,sin(3*ld(0)+2.2*sin(Y/61+2*ld(0))+Y/40)+0.7*sin(7*ld(0)-Y/23+1.7*sin(5*ld(0)+Y/35))"
  puff+="+0.45*sin(17*ld(0)+Y/13+1.3*sin(11*ld(0)-Y/19))+0.25*sin(37*ld(0)-Y/7+sin(23*ld(0)+Y/9)));"
  still 2560x360 255 "226-Y*0.1" "205-Y*0.12" "$angle${puff}clip((ld(1)-0.35)*150*sin(PI*Y/360),0,215)" clouds.png
}

mountains() { # file width base height peaks red green blue snow
  local ridge="st(0,PI*X/$2);st(1,$3-$4*(1-abs(sin($5*ld(0)+0.7)))-$4*0.55*(1-abs(sin(($5*2+1)*ld(0)+2.1)))"
  ridge+="-$4*0.3*(1-abs(sin(($5*5+2)*ld(0)+0.4)))-$4*0.14*abs(sin(($5*11+3)*ld(0)+1.1))"
  ridge+="-$4*0.05*sin(2*($5*29)*ld(0)));st(2,Y-ld(1));"
  local rock="st(3,sin(2*($5*14)*ld(0)+ld(2)/9+2.4*sin(2*($5*9)*ld(0)-ld(2)/17))*0.6"
  rock+="+0.4*sin(2*($5*41)*ld(0)-ld(2)/5+1.5*sin(ld(2)/11+2*($5*23)*ld(0))));"
  local snow="st(4,$9*clip((1-ld(2)/($4*0.55))*1.3+ld(3)*0.8,0,1));"
  local haze="st(5,clip(ld(2)/300,0,1));"
  local all="$ridge$rock$snow$haze"
  still "$2x720" \
    "${all}clip($6*(1+0.22*ld(3))+ld(4)*0.95+ld(5)*30,0,255)" \
    "${all}clip($7*(1+0.22*ld(3))+ld(4)+ld(5)*26,0,255)" \
    "${all}clip($8*(1+0.2*ld(3))+ld(4)*1.05+ld(5)*18,0,255)" \
    "${ridge}clip(ld(2)*255+127,0,255)" "$1"
}

pines() { # file width spacing ground height variation red green blue
  local pine="st(0,floor(X/$3));st(1,mod(abs(sin((ld(0)+1)*12.9898)*43758.5453),1));st(2,$5+$6*ld(1));"
  pine+="st(6,$4-10*sin(2*PI*X/$2*9)-6*sin(2*PI*X/$2*23));st(3,ld(6)-ld(2));"
  pine+="st(4,abs(X-(ld(0)+0.5)*$3-(ld(1)-0.5)*$3*0.3));st(5,(Y-ld(3))/ld(2));"
  pine+="st(7,$3*0.46*ld(5)*(0.62+0.38*mod(ld(5)*6+0.3*sin(X),1)));"
  pine+="st(8,max(between(ld(5),0,1)*lt(ld(4),ld(7)),gt(Y,ld(6)-2)));"
  local needles="st(9,0.5+0.5*sin(X*1.7+3*sin(Y*0.61))*sin(Y*1.3+2*sin(X*0.37)));"
  still "$2x720" \
    "$pine$needles$7*(0.55+0.9*ld(9))+22*gt(Y,ld(6))" \
    "$pine$needles$8*(0.55+0.9*ld(9))+26*gt(Y,ld(6))*ld(9)" \
    "$pine$needles$9*(0.55+0.9*ld(9))" "${pine}255*ld(8)" "$1"
}

picture() {
  say "drawing the layers"
  sky
  clouds
  mountains far.png 2560 520 150 4 112 100 150 95
  mountains mid.png 3840 600 110 6 62 84 118 40
  mountains near.png 5120 660 80 7 38 78 66 18
  pines behind.png 5120 64 640 70 70 34 70 52
  pines front.png 7680 128 712 120 150 16 40 34
  say "composing 600 frames"
  local once=0.00166666666666666667 layer inputs=() chain="" under=s index=0
  for layer in sky clouds far mid near behind front; do
    inputs+=(-i "$work/$layer.png")
    if [ $layer = sky ]; then
      chain+="[0]loop=loop=-1:size=1,setpts=N/25/TB[s];"
    else
      index=$((index + 1))
      chain+="[$index]loop=loop=-1:size=1,setpts=N/25/TB,scroll=h=$once[l$index];"
      chain+="[$under][l$index]overlay=format=gbrp[o$index];"
      under=o$index
    fi
  done
  chain+="[$under]fps=25,scale=out_color_matrix=bt709:out_range=tv,format=yuv420p[picture]"
  run -framerate 25 "${inputs[@]}" -filter_complex "$chain" -map "[picture]" -frames:v 600 \
    -c:v libx264 -preset ultrafast -qp 0 "$work/picture.mkv"
}

# ---- rungs: name, size, rate and clock in the picture, and a patch of a colour of its own ----------
rung() { # name width height kbps colour
  say "encoding $1: $2x$3 at $4 kbit/s"
  local patch=$(($3 / 5)) size=$(($3 / 11)) edge=$(($3 / 36))
  local text="drawtext=fontfile=$font:fontsize=$size:fontcolor=white:box=1:boxcolor=black@0.62:boxborderw=$((edge / 2 + 1))"
  local left=$((patch + 2 * edge))
  # Drawn in RGB: ffmpeg turns the colour of a box on YUV pictures by the matrix of BT.601.
  local draw="scale=$2:$3:flags=lanczos:in_color_matrix=bt709:in_range=tv,format=gbrp,drawbox=x=0:y=0:w=$patch:h=$patch:color=$5:t=fill"
  draw+=",$text:text='$1  $2x$3':x=$left:y=$edge"
  draw+=",$text:text='$4 kbit/s':x=$left:y=$((edge * 2 + size + size / 5))"
  draw+=",$text:timecode='00\\:00\\:00\\:00':rate=25:x=w-tw-$((edge * 2)):y=h-th-$((edge * 2))"
  draw+=",$text:text='frame %{eif\\:n\\:d\\:3}':x=$((edge * 2)):y=h-th-$((edge * 2))"
  draw+=",scale=out_color_matrix=bt709:out_range=tv,format=yuv420p"
  local code=(-c:v libx264 -profile:v "$6" -preset slow -threads 1 -b:v "$7k" -maxrate "$(($4 * 11 / 10))k" -bufsize "$4k"
    -g 50 -keyint_min 50 -sc_threshold 0 -bf 2 -flags +cgop+bitexact -pix_fmt yuv420p
    -color_primaries bt709 -color_trc bt709 -colorspace bt709 -color_range tv
    -x264-params "open-gop=0:stitchable=1" -fflags +bitexact -map_metadata -1)
  run -i "$work/picture.mkv" -vf "$draw" "${code[@]}" -pass 1 -passlogfile "$work/$1" -f null -
  run -i "$work/picture.mkv" -vf "$draw" "${code[@]}" -pass 2 -passlogfile "$work/$1" \
    -video_track_timescale 12800 "$work/$1.mp4"
}

# ---- sound: a plucked phrase a second in English's mode, a flute-like melody in Korean's -----------
voice() { # name language expression-left expression-right
  say "encoding $1"
  run -f lavfi -i "aevalsrc='$3|$4':sample_rate=48000:duration=24" -c:a aac -b:a 64k -ac 2 \
    -flags +bitexact -fflags +bitexact -map_metadata -1 -metadata:s:a:0 language="$2" "$work/$1.mp4"
}

sound() {
  # Notes as semitones above A3 (220 Hz), chosen by the second; each dies away within its second.
  local step="st(0,mod(floor(t),8));st(1,220*pow(2,(0+4*eq(ld(0),1)+7*eq(ld(0),2)+12*eq(ld(0),3)+9*eq(ld(0),4)+7*eq(ld(0),5)+4*eq(ld(0),6)+2*eq(ld(0),7))/12));st(2,mod(t,1));"
  local pluck="0.20*exp(-3.2*ld(2))*min(ld(2)*200,1)*(sin(2*PI*ld(1)*t)+0.35*sin(4*PI*ld(1)*t)*exp(-5*ld(2)))"
  local bed="0.03*sin(2*PI*110*t)*(1+0.3*sin(2*PI*t/8))+0.02*sin(2*PI*165*t)"
  voice a-en eng "$step$pluck+$bed" "$step$pluck*0.8+$bed"
  # Half-second notes of a five-note scale on D4, soft attack and a slow vibrato.
  local walk="st(0,mod(floor(t*2),12));st(1,293.66*pow(2,(0+3*eq(ld(0),1)+5*eq(ld(0),2)+7*eq(ld(0),3)+10*eq(ld(0),4)+7*eq(ld(0),5)+12*eq(ld(0),6)+10*eq(ld(0),7)+7*eq(ld(0),8)+5*eq(ld(0),9)+3*eq(ld(0),10)+5*eq(ld(0),11))/12));st(2,mod(t,0.5));"
  local flute="0.15*min(ld(2)*16,1)*min((0.5-ld(2))*16,1)*(sin(2*PI*ld(1)*t+0.25*sin(2*PI*5*t))+0.18*sin(6*PI*ld(1)*t)+0.06*sin(10*PI*ld(1)*t))"
  voice a-ko kor "$walk$flute*0.85" "$walk$flute"
}

# ---- subtitles: a cue every 2 s, named by the clock ------------------------------------------------
subtitles() { # file header line...
  local file=$work/$1 second=0 line
  shift
  printf 'WEBVTT\n' >"$file"
  for line in "$@"; do
    printf '\n00:00:%02d.000 --> 00:00:%02d.000\n0:00:%02d — %s\n' $second $((second + 2)) $second "$line" >>"$file"
    second=$((second + 2))
  done
}

titles() {
  subtitles s-en.vtt \
    "The train leaves the valley." "Clouds drift before the sun." "Snow lies on the far ridge." \
    "The near hills pass faster." "Pines hurry by the window." "Half of the way is done." \
    "The sun will not move today." "Another peak comes round." "Blue rock, then green slopes." \
    "The forest opens a little." "The first valley is near again." "The ride begins anew."
  subtitles s-ko.vtt \
    "기차가 골짜기를 떠납니다." "구름이 해 앞을 흘러갑니다." "먼 산마루에 눈이 쌓였습니다." \
    "가까운 언덕은 더 빨리 지나갑니다." "소나무가 창밖을 스쳐 갑니다." "길의 절반을 왔습니다." \
    "오늘 해는 움직이지 않습니다." "또 다른 봉우리가 다가옵니다." "푸른 바위, 그리고 초록 비탈." \
    "숲이 조금 열립니다." "첫 골짜기가 다시 가까워집니다." "여행이 다시 시작됩니다."
}

# ---- the asset: fragmented CMAF tracks, and labels for people --------------------------------------
pack() {
  say "packing $out"
  local dashpot=(${DASHPOT:-cargo run --quiet --package dashpot --})
  "${dashpot[@]}" ingest --copy --force --gop 2s --out "$(dirname "$out")" --name "$(basename "$out")" \
    "$work"/v[1-5].mp4 "$work"/a-??.mp4 "$work"/s-??.vtt
  cat >"$out/asset.json" <<'END'
{
  "title": "Ride past the mountains",
  "tracks": {
    "v1": { "label": "120k 320x180" },
    "v2": { "label": "250k 480x270" },
    "v3": { "label": "500k 640x360" },
    "v4": { "label": "1000k 960x540" },
    "v5": { "label": "1800k 1280x720" },
    "a-en": { "label": "English" },
    "a-ko": { "label": "한국어" },
    "s-en": { "label": "English" },
    "s-ko": { "label": "한국어" }
  }
}
END
}

# ---- what the tests rely on: 600 frames, a key frame each 50, all tracks decode, 1125 audio frames --
verify() {
  local track keys expected="" second
  for second in 0 2 4 6 8 10 12 14 16 18 20 22; do expected+="$second "; done
  for track in v1 v2 v3 v4 v5; do
    keys=$(ffprobe -v error -select_streams v -show_entries packet=dts_time,flags -of csv=p=0 "$out/$track.mp4" |
      awk -F, '{ frames++ } /K/ { printf "%d ", $1 + 0.5 } END { print frames }')
    [ "$keys" = "${expected}600" ] || { echo "make-film: $track has key frames at $keys" >&2; exit 1; }
  done
  for track in a-en a-ko; do
    keys=$(ffprobe -v error -count_packets -show_entries stream=nb_read_packets -of csv=p=0 "$out/$track.mp4")
    [ "$keys" = 1125 ] || { echo "make-film: $track has $keys frames" >&2; exit 1; }
  done
  for track in "$out"/*.mp4; do
    ffmpeg -nostdin -v error -xerror -i "$track" -f null - || { echo "make-film: $track does not decode" >&2; exit 1; }
  done
}

[ -s "$work/picture.mkv" ] || picture
#    name width height kbit/s patch   profile  target (below the rate: headers come on top)
rung v1  320  180  120 0xE6194B main 112
rung v2  480  270  250 0xF58231 main 238
rung v3  640  360  500 0xFFE119 high 485
rung v4  960  540 1000 0x3CB44B high 975
rung v5 1280  720 1800 0x4363D8 high 1750
sound
titles
pack
verify
say "done: $out"
