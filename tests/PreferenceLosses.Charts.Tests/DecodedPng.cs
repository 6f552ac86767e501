using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace PreferenceLosses.Charts.Tests;

/// <summary>A PNG of indexed colours, read as its specification says and more strictly: every chunk in its order, with its length and check sum, and nothing after the end.</summary>
internal sealed class DecodedPng
{
    private readonly byte[] palette = [];
    private readonly byte[] rows = [];

    public DecodedPng(byte[] file)
    {
        Assert.Equal("89504E470D0A1A0A", Convert.ToHexString(file.AsSpan(0, 8)));
        var types = new List<string>();
        for (var at = 8; at < file.Length;)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(at));
            var type = Encoding.ASCII.GetString(file, at + 4, 4);
            var data = file.AsSpan(at + 8, length);
            Assert.Equal(CheckSum(file.AsSpan(at + 4, length + 4)), BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(at + 8 + length)));
            types.Add(type);
            switch (type)
            {
                case "IHDR":
                    (Width, Height) = (BinaryPrimitives.ReadInt32BigEndian(data), BinaryPrimitives.ReadInt32BigEndian(data[4..]));
                    Assert.Equal("0803000000", Convert.ToHexString(data[8..]));
                    break;
                case "PLTE":
                    palette = data.ToArray();
                    break;
                case "IDAT":
                    using (var stream = new ZLibStream(new MemoryStream(data.ToArray()), CompressionMode.Decompress))
                    using (var all = new MemoryStream())
                    {
                        stream.CopyTo(all);
                        rows = all.ToArray();
                    }

                    break;
            }

            at += 12 + length;
        }

        Assert.Equal(["IHDR", "PLTE", "IDAT", "IEND"], types);
        Assert.Equal((Width + 1) * Height, rows.Length);
        Assert.All(Enumerable.Range(0, Height), y => Assert.Equal(0, rows[y * (Width + 1)]));
    }

    public int Width { get; }

    public int Height { get; }

    /// <summary>The colour of a pixel, as <c>#rrggbb</c>.</summary>
    public string this[int x, int y]
    {
        get
        {
            var index = rows[(y * (Width + 1)) + 1 + x];
            return "#" + Convert.ToHexStringLower(palette.AsSpan(3 * index, 3));
        }
    }

    /// <summary>Where a colour is, from the left and the top.</summary>
    public IEnumerable<(int X, int Y)> Of(string colour) =>
        from y in Enumerable.Range(0, Height) from x in Enumerable.Range(0, Width) where this[x, y] == colour select (x, y);

    /// <summary>CRC-32 as the division of polynomials that it is, a bit at a time.</summary>
    private static uint CheckSum(ReadOnlySpan<byte> data)
    {
        var rest = 0xFFFFFFFFu;
        foreach (var value in data)
        {
            rest ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                var isOdd = (rest & 1) != 0;
                rest >>= 1;
                if (isOdd)
                {
                    rest ^= 0xEDB88320;
                }
            }
        }

        return rest ^ 0xFFFFFFFF;
    }
}
