using System.Buffers.Binary;
using System.Text;
using PreferenceLosses.Torch.Tests.Support;
using static TorchSharp.torch;

namespace PreferenceLosses.Torch.Tests.Checkpoints;

/// <summary>safetensors files, those that are as they should be, and others.</summary>
public sealed class SafeTensorsTests
{
    [Fact]
    public void A_header_is_read_as_the_format_says()
    {
        using var file = Bytes("""{"__metadata__":{"format":"pt"},"b":{"dtype":"F16","shape":[],"data_offsets":[24,26]},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"none":{"dtype":"I64","shape":[0,7],"data_offsets":[24,24]}}   """, 26);
        var header = SafeTensorsHeader.Read(file, "x");
        Assert.Equal(["a", "none", "b"], header.Tensors.Select(tensor => tensor.Name));
        Assert.Equal([2L, 3L], header.Tensors[0].Shape.AsSpan());
        Assert.Equal(("F16", 24L, 26L), (header.Tensors[2].Type, header.Tensors[2].Begin, header.Tensors[2].End));
        Assert.Equal("pt", header.Metadata["format"]);
        Assert.Equal(26, file.Length - file.Position);
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", 12, "'b' begins at byte 4, where the tensors before it end at 8")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}}""", 16, "'b' begins at byte 12, where the tensors before it end at 8")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", 12, "'a' begins at byte 4")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 7, "its tensors have 8 bytes, and 7 follow the header")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 9, "its tensors have 8 bytes, and 9 follow the header")]
    [InlineData("""{"a":{"dtype":"BF16","shape":[2],"data_offsets":[0,8]}}""", 8, "'a' has 8 bytes, where BF16 of shape [2] is 4")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", 8, "the second not below the first")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}}""", 8, "two numbers are needed")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", 8, "has -2 in its shape")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}}""", 8, "has 2.5 in its shape")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}""", 8, "which is more than there can be")]
    [InlineData("""{"a":{"dtype":"F32","shape":4,"data_offsets":[0,8]}}""", 8, "has a shape that is no array")]
    [InlineData("""{"a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}}""", 8, "is of type 'F8_E4M3'; BF16, BOOL, F16, F32, F64, I16, I32, I64, I8, U8 are read")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8, "'a'")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2]}}""", 8, "'a' lacks one of dtype, shape and data_offsets")]
    [InlineData("""{"a":[1]}""", 8, "the tensor 'a' is no JSON object")]
    [InlineData("""{"a":{"dtype":7,"shape":[2],"data_offsets":[0,8]}}""", 8, "is not the JSON that is expected")]
    [InlineData("""[1]""", 8, "the header is no JSON object")]
    [InlineData("""{"a":{"dtype":"F32",""", 8, "is not the JSON that is expected")]
    public void What_cannot_be_is_refused_with_file_and_tensor(string header, int bytes, string message)
    {
        using var file = Bytes(header, bytes);
        var wrong = Assert.Throws<InvalidDataException>(() => SafeTensorsHeader.Read(file, "model.safetensors"));
        Assert.Contains("'model.safetensors'", wrong.Message, StringComparison.Ordinal);
        Assert.Contains(message, wrong.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(100_000_001UL, "100000000 is the most")]
    [InlineData(ulong.MaxValue, "100000000 is the most")]
    [InlineData(99UL, "its header would have 99 bytes, and 2 follow")]
    public void A_header_of_any_length_takes_no_memory_that_the_file_has_not(ulong length, string message)
    {
        var bytes = new byte[10];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);
        Assert.Contains(message, Assert.Throws<InvalidDataException>(() => SafeTensorsHeader.Read(new MemoryStream(bytes), "x")).Message, StringComparison.Ordinal);
    }

    [TorchFact]
    public void What_is_written_is_read_again_bit_for_bit_from_a_stream_of_unknown_length()
    {
        using var scope = NewDisposeScope();
        var numbers = randn(5, 3).mul(1000);
        ScalarType[] types =
        [
            ScalarType.Float64, ScalarType.Float32, ScalarType.Float16, ScalarType.BFloat16, ScalarType.Int64, ScalarType.Int32, ScalarType.Int16, ScalarType.Int8, ScalarType.Byte, ScalarType.Bool,
        ];
        var written = types.ToDictionary(type => $"{type}", type => numbers.abs().remainder(100).to_type(type));
        written["a single number"] = tensor(3.5f);
        written["nothing"] = zeros(0, 4);
        written["not contiguous \"ä\""] = numbers.t();
        using var file = new MemoryStream();
        SafeTensorsFile.Write(file, written);
        file.WriteByte(77);
        file.Position = 0;

        var read = written.ToDictionary(pair => pair.Key, pair => full_like(pair.Value, 1));
        SafeTensorsFile.Read(new ForwardOnly(file), "x", read);
        Assert.All(written, pair => Assert.Equal(pair.Value.contiguous().bytes.ToArray(), read[pair.Key].contiguous().bytes.ToArray()));
        Assert.Equal(77, file.ReadByte());
        var textLength = BinaryPrimitives.ReadInt64LittleEndian(file.ToArray());
        Assert.Equal(0, textLength % 8);
    }

    [TorchFact]
    public void Half_precision_becomes_single()
    {
        using var scope = NewDisposeScope();
        // 1.5 and −2 in both formats, by their bits.
        using var file = new MemoryStream();
        file.Write(Bytes("""{"h":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},"b":{"dtype":"BF16","shape":[2],"data_offsets":[4,8]}}""", 0).ToArray());
        file.Write([0x00, 0x3E, 0x00, 0xC0, 0xC0, 0x3F, 0x00, 0xC0]);
        file.Position = 0;
        var read = new Dictionary<string, Tensor> { ["h"] = zeros(2), ["b"] = zeros(2) };
        SafeTensorsFile.Read(file, "x", read);
        Assert.Equal([1.5f, -2], read["h"].data<float>().ToArray());
        Assert.Equal([1.5f, -2], read["b"].data<float>().ToArray());
    }

    [TorchFact]
    public void What_does_not_fit_the_model_is_refused()
    {
        using var scope = NewDisposeScope();
        void Refused(Dictionary<string, Tensor> model, string message, Func<string, string?>? rename = null)
        {
            using var file = new MemoryStream();
            SafeTensorsFile.Write(file, [new("a", zeros(2, 3)), new("b", arange(3))]);
            file.Position = 0;
            Assert.Contains(message, Assert.Throws<InvalidDataException>(() => SafeTensorsFile.Read(file, "m", model, rename)).Message, StringComparison.Ordinal);
        }

        Refused(new() { ["a"] = zeros(2, 3) }, "'m' has the tensor 'b', which the model does not. It has a.");
        Refused(new() { ["a"] = zeros(2, 3), ["c"] = zeros(1) }, "'m' has no tensor 'c', which the model needs. It has a, b.", name => name == "b" ? null : name);
        Refused(new() { ["a"] = zeros(3, 2), ["b"] = arange(3) }, "'m' has the tensor 'a' as F32 [2, 3], and the model as Float32 [3, 2].");
        Refused(new() { ["a"] = zeros(2, 3), ["b"] = zeros(3) }, "'m' has the tensor 'b' as I64 [3], and the model as Float32 [3].");
        Refused(new() { ["a"] = zeros(2, 3) }, "'m' has 'a' twice; the second one is called 'b'.", _ => "a");
    }

    [TorchFact]
    public void A_file_that_was_cut_anywhere_is_refused()
    {
        using var scope = NewDisposeScope();
        using var whole = new MemoryStream();
        SafeTensorsFile.Write(whole, [new("a", arange(5).to_type(ScalarType.Float32)), new("b", zeros(2, 2))]);
        for (var length = 0; length < whole.Length; length++)
        {
            var bytes = whole.ToArray()[..length];
            Assert.Throws<InvalidDataException>(() => SafeTensorsFile.Read(new MemoryStream(bytes), "x", Model()));
            Assert.Throws<InvalidDataException>(() => SafeTensorsFile.Read(new ForwardOnly(new MemoryStream(bytes)), "x", Model()));
        }

        static Dictionary<string, Tensor> Model() => new() { ["a"] = zeros(5), ["b"] = zeros(2, 2) };
    }

    private static MemoryStream Bytes(string header, int data)
    {
        var file = new MemoryStream();
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, Encoding.UTF8.GetByteCount(header));
        file.Write(length);
        file.Write(Encoding.UTF8.GetBytes(header));
        file.Write(new byte[data]);
        file.Position = 0;
        return file;
    }

    /// <summary>A stream that cannot be sought in, as parts of checkpoints are.</summary>
    private sealed class ForwardOnly(Stream inner) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }
    }
}
