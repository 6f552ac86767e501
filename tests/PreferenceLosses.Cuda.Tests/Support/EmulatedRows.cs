using System.Runtime.InteropServices;
using PreferenceLosses.Cuda.Tests.Interpretation;

namespace PreferenceLosses.Cuda.Tests.Support;

/// <summary>Rows of logits in the memory of an emulated device, and the row kernels run on them.</summary>
internal sealed class EmulatedRows
{
    private static readonly IReadOnlyDictionary<string, PtxKernelText> Committed = PtxModule.Parse(RowKernels.Text);

    private readonly Region logits;
    private readonly Region labels;
    private readonly LogitFormat format;
    private readonly int vocabulary;
    private readonly long stride;
    private readonly int rows;
    private readonly PtxMachine machine;
    private readonly IReadOnlyDictionary<string, PtxKernelText> module;
    private readonly int parts;

    /// <param name="values">The logits, rows one after another with what is between them.</param>
    /// <param name="format">How they are stored.</param>
    /// <param name="vocabulary">Logits per row.</param>
    /// <param name="stride">The distance of rows, in logits.</param>
    /// <param name="labels">The labels.</param>
    /// <param name="misalignment">By how many logits the start is beyond a multiple of 16 bytes.</param>
    /// <param name="order">In which order threads go on.</param>
    /// <param name="module">Other kernels than the committed ones.</param>
    /// <param name="parts">How many blocks share a row.</param>
    public EmulatedRows(
        float[] values,
        LogitFormat format,
        int vocabulary,
        int stride,
        int[] labels,
        int misalignment = 0,
        ThreadOrder order = ThreadOrder.Random,
        IReadOnlyDictionary<string, PtxKernelText>? module = null,
        int parts = 1)
    {
        this.parts = parts;
        this.format = format;
        this.vocabulary = vocabulary;
        this.stride = stride;
        this.module = module ?? Committed;
        rows = labels.Length;
        logits = Memory.Allocate<byte>("logits", Encode(values, format), misalignment * Size(format));
        this.labels = Memory.Allocate<int>("labels", labels);
        machine = new PtxMachine(Memory) { Order = order };
        Tokens = Memory.Allocate("tokens", 4L * rows, 4);
        Maxima = Memory.Allocate("maxima", 4L * rows, 8);
        LogSums = Memory.Allocate("log-sums", 4L * rows);
        Extras = Memory.Allocate("extras", 4L * rows);
    }

    public EmulatedMemory Memory { get; } = new();

    public Region Tokens { get; }

    public Region Maxima { get; }

    public Region LogSums { get; }

    /// <summary>Entropies, or log Σ p².</summary>
    public Region Extras { get; }

    /// <summary>The values of the logits as they are after rounding, or what backward has put in their place.</summary>
    public float[] Logits => Decode(logits.Bytes, format);

    public LaunchCounts Forward(RowExtra extra = RowExtra.None)
    {
        var partials = Memory.Allocate("partials", parts == 1 ? 0 : (long)rows * parts * RowKernels.BytesOfPart, 4);
        var counts = machine.Launch(
            module[RowKernels.Forward(format, extra)], rows * parts, RowKernels.Threads,
            logits.Start, (ulong)stride, vocabulary, labels.Start, Tokens.Start, Maxima.Start, LogSums.Start, Extras.Start, parts, partials.Start);
        if (parts == 1)
        {
            return counts;
        }

        var combining = machine.Launch(
            module[RowKernels.CombineParts(extra)], rows, RowKernels.CombiningThreads,
            partials.Start, parts, labels.Start, Tokens.Start, Maxima.Start, LogSums.Start, Extras.Start);
        return new LaunchCounts(
            counts.Instructions + combining.Instructions, counts.BytesRead + combining.BytesRead, counts.BytesWritten + combining.BytesWritten);
    }

    /// <summary>Backward in place; elsewhere where a misalignment of other memory is given.</summary>
    public (LaunchCounts Counts, float[] Gradients) Backward(float[] upstream, int? elsewhere = null)
    {
        var ofRows = Memory.Allocate<float>("upstream", upstream);
        var target = elsewhere is { } misalignment ? Memory.Allocate("gradients", logits.Bytes.Length, misalignment * Size(format)) : logits;
        var counts = machine.Launch(
            module[RowKernels.Backward(format)], rows * parts, RowKernels.Threads,
            logits.Start, (ulong)stride, vocabulary, labels.Start, Maxima.Start, LogSums.Start, ofRows.Start, target.Start, (ulong)stride, parts);
        return (counts, Decode(target.Bytes, format));
    }

    /// <summary>The sums of the tokens and the number of rows that count, per sequence.</summary>
    public (float[] Sums, float[] Lengths) Sum(int[] offsets)
    {
        var (starts, sums, lengths) = (Memory.Allocate<int>("offsets", offsets), Memory.Allocate("sums", 4L * (offsets.Length - 1)), Memory.Allocate("lengths", 4L * (offsets.Length - 1)));
        machine.Launch(module[RowKernels.SumSequences], offsets.Length - 1, RowKernels.Threads, Tokens.Start, labels.Start, starts.Start, sums.Start, lengths.Start);
        return (EmulatedMemory.Read<float>(sums), EmulatedMemory.Read<float>(lengths));
    }

    /// <summary>LD-DPO's sums of the sequences, first all chosen and then all rejected ones, and their derivative at each row.</summary>
    public (float[] Sums, float[] OfRows) Split(float[] upstream, int[] offsets, float share)
    {
        var counts = Memory.Allocate<float>("lengths", Sum(offsets).Lengths);
        var (given, starts) = (Memory.Allocate<float>("upstream of sequences", upstream), Memory.Allocate<int>("offsets", offsets));
        var (sums, ofRows) = (Memory.Allocate("split sums", 4L * upstream.Length), Memory.Allocate("upstream of rows", 4L * rows));
        var pairs = upstream.Length / 2;
        machine.Launch(
            module[RowKernels.SumPairsSplit], upstream.Length, RowKernels.Threads, Tokens.Start, labels.Start, starts.Start, counts.Start, pairs, share, sums.Start);
        machine.Launch(
            module[RowKernels.SpreadUpstreamSplit], upstream.Length, RowKernels.Threads, given.Start, labels.Start, starts.Start, counts.Start, pairs, share, ofRows.Start);
        return (EmulatedMemory.Read<float>(sums), EmulatedMemory.Read<float>(ofRows));
    }

    /// <summary>WPO's weights of the sequences, after a way forward with log Σ p².</summary>
    public float[] Weights(int[] offsets)
    {
        var (sums, lengths) = Sum(offsets);
        var (starts, given, counts) = (Memory.Allocate<int>("offsets", offsets), Memory.Allocate<float>("sums", sums), Memory.Allocate<float>("lengths", lengths));
        var weights = Memory.Allocate("weights", 4L * sums.Length);
        machine.Launch(module[RowKernels.WeighSequences], sums.Length, RowKernels.Threads, given.Start, counts.Start, Extras.Start, starts.Start, weights.Start);
        return EmulatedMemory.Read<float>(weights);
    }

    /// <summary>The derivative of each sequence's sum at each of its rows.</summary>
    public float[] Spread(float[] upstream, int[] offsets)
    {
        var (given, starts, ofRows) = (Memory.Allocate<float>("upstream of sequences", upstream), Memory.Allocate<int>("offsets", offsets), Memory.Allocate("upstream of rows", 4L * rows));
        machine.Launch(module[RowKernels.SpreadUpstream], offsets.Length - 1, RowKernels.Threads, given.Start, starts.Start, ofRows.Start);
        return EmulatedMemory.Read<float>(ofRows);
    }

    public static int Size(LogitFormat format) => format == LogitFormat.Fp32 ? 4 : 2;

    public static byte[] Encode(float[] values, LogitFormat format) => format switch
    {
        LogitFormat.Fp32 => MemoryMarshal.AsBytes<float>(values).ToArray(),
        LogitFormat.Fp16 => MemoryMarshal.AsBytes<Half>(values.Select(v => (Half)v).ToArray()).ToArray(),
        _ => MemoryMarshal.AsBytes<ushort>(values.Select(ToBFloat16).ToArray()).ToArray(),
    };

    public static float[] Decode(byte[] bytes, LogitFormat format) => format switch
    {
        LogitFormat.Fp32 => MemoryMarshal.Cast<byte, float>(bytes).ToArray(),
        LogitFormat.Fp16 => [.. MemoryMarshal.Cast<byte, Half>(bytes).ToArray().Select(h => (float)h)],
        _ => [.. MemoryMarshal.Cast<byte, ushort>(bytes).ToArray().Select(b => BitConverter.UInt32BitsToSingle((uint)b << 16))],
    };

    private static ushort ToBFloat16(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? (ushort)0x7FC0 : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }
}
