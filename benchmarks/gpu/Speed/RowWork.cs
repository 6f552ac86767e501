using PreferenceLosses.Cuda;
using PreferenceLosses.Gpu.Checks;

namespace PreferenceLosses.Gpu.Speed;

/// <summary>What is measured of log-probabilities: rows of random logits in several copies, so that no call finds its logits in the device's cache.</summary>
internal sealed class RowWork : IDisposable
{
    private const int LongestSequence = 2048;
    private const int FloatsPerRow = 4;
    private const int FloatsPerSequence = 3;

    private readonly CudaDevice device;
    private readonly CudaSequenceLogProbabilities kernels;
    private readonly int[] labels;
    private readonly int[] starts;
    private readonly DeviceMemory pristine;
    private readonly DeviceMemory[] sets;
    private readonly DeviceMemory labelMemory;
    private readonly DeviceMemory startMemory;
    private readonly DeviceMemory results;
    private readonly DeviceMemory partials;
    private readonly CudaTokenSequences sequences;

    /// <param name="device">The device.</param>
    /// <param name="shape">The logits.</param>
    /// <param name="setCount">In how many copies.</param>
    public RowWork(CudaDevice device, RowShape shape, int setCount)
    {
        this.device = device;
        Shape = shape;
        kernels = new CudaSequenceLogProbabilities(device);
        var sequenceLength = Math.Clamp(shape.Rows / 4, 1, LongestSequence);
        starts = [.. Enumerable.Range(0, (shape.Rows + sequenceLength - 1) / sequenceLength).Select(s => s * sequenceLength), shape.Rows];
        var random = new Random(2);

        // Prompts: the first rows of every sequence do not count.
        labels = [.. Enumerable.Range(0, shape.Rows).Select(row => row % sequenceLength < shape.Masked * sequenceLength ? -100 : random.Next(shape.Vocabulary))];
        pristine = CopyRate.Repeated(device, Block(shape), shape.Bytes);
        sets = [.. Enumerable.Range(0, setCount).Select(_ => device.Allocate(shape.Bytes))];
        labelMemory = device.Allocate<int>(labels);
        startMemory = device.Allocate<int>(starts);
        results = device.Allocate(ExtraBytes);
        partials = device.Allocate(PartialBytes);
        sequences = new CudaTokenSequences { Labels = labelMemory.Address, Offsets = startMemory.Address, Count = starts.Length - 1 };
        using (var upstream = device.Allocate<float>([.. Enumerable.Range(0, (int)SequenceCount).Select(Upstream)]))
        {
            device.Copy(upstream.Address, Floats(FloatsPerRow, 2), upstream.Bytes);
        }

        Restore();
    }

    public RowShape Shape { get; }

    public int SetCount => sets.Length;

    /// <summary>The memory beside logits, labels and starts.</summary>
    public long ExtraBytes => sizeof(float) * (((long)Shape.Rows * FloatsPerRow) + (SequenceCount * FloatsPerSequence)) + PartialBytes;

    /// <summary>The fewest bytes of logits that forward has to move.</summary>
    public long ForwardBytes => Counting * Shape.Vocabulary * LogitBytes.Size(Shape.Format);

    /// <summary>The same of backward in place: rows that do not count are written.</summary>
    public long BackwardBytes => ForwardBytes + Shape.Bytes;

    private int PartialBytes => CudaSequenceLogProbabilities.PartialBytes(Shape.Rows, Shape.Vocabulary);

    private long SequenceCount => starts.Length - 1;

    private long Counting => labels.Count(label => label >= 0);

    /// <summary>Puts the logits back into all copies.</summary>
    public void Restore()
    {
        foreach (var set in sets)
        {
            device.Copy(pristine.Address, set.Address, Shape.Bytes);
        }
    }

    public void Forward(int set) => kernels.Forward(Rows(set), sequences, Results, Floats(FloatsPerRow, 0), Floats(FloatsPerRow, 1));

    /// <summary>In place; what forward has written is that of any copy.</summary>
    public void Backward(int set) => kernels.Backward(Rows(set), sequences, Results, Floats(FloatsPerRow, 2), Floats(3, 0), Rows(set));

    /// <summary>
    /// The largest error of a log-probability in nats, and of a gradient relative to the largest one of its row, against the core's in double precision, for a few rows, after
    /// forward and backward on the first copy.
    /// </summary>
    public (double LogProbability, double Gradient) Errors()
    {
        Restore();
        Forward(0);
        Backward(0);
        var counting = Enumerable.Range(0, Shape.Rows).Where(row => labels[row] >= 0).ToArray();
        var (ofTokens, ofGradients) = (0.0, 0.0);
        var core = new SequenceLogProbabilities();
        var token = new float[1];
        for (var i = 0; i < Math.Min(8, counting.Length); i++)
        {
            var row = counting[(int)((long)i * (counting.Length - 1) / 7)];
            var logits = LogitBytes.Decode(Read(pristine.Address, row), Shape.Format);
            var gradient = LogitBytes.Decode(Read(sets[0].Address, row), Shape.Format);
            using (var one = device.Allocate(sizeof(float)))
            {
                device.Copy(Floats(0, 0) + (row * sizeof(float)), one.Address, sizeof(float));
                one.CopyTo<float>(token);
            }

            var exact = new float[logits.Length];
            core.Forward(Logits.Of(logits, Shape.Vocabulary), new TokenSequences { Labels = [labels[row]], Offsets = [0, 1] });
            core.Backward(Logits.Of(logits, Shape.Vocabulary), [Upstream(Array.FindLastIndex(starts, start => start <= row))], LogitGradients.Of(exact, Shape.Vocabulary));
            ofTokens = Math.Max(ofTokens, Math.Abs(core.Tokens[0] - token[0]));
            var largest = exact.Max(Math.Abs);

            // Math.Max of something and NaN is NaN; the Max of a sequence passes over it.
            ofGradients = exact.Zip(gradient, (e, g) => Math.Abs((double)e - g) / largest).Aggregate(ofGradients, Math.Max);
        }

        return (ofTokens, ofGradients);
    }

    /// <summary>What is wrong with the results, if they are further off than the hardware's exponential and the rounding to the format explain; null if nothing is.</summary>
    public string? WhatIsWrong((double LogProbability, double Gradient) errors)
    {
        var roundoff = Shape.Format switch
        {
            LogitFormat.Bf16 => 1.0 / 256,
            LogitFormat.Fp16 => 1.0 / 1024,
            _ => 1e-5,
        };
        return !(errors.LogProbability <= 2e-5) ? FormattableString.Invariant($"a log-probability is off by {errors.LogProbability:G3}")
            : !(errors.Gradient <= roundoff) ? FormattableString.Invariant($"a gradient is off by {errors.Gradient:G3} of the largest of its row")
            : null;
    }

    public void Dispose()
    {
        foreach (var memory in sets.Append(pristine).Append(labelMemory).Append(startMemory).Append(results).Append(partials))
        {
            memory.Dispose();
        }
    }

    private static float Upstream(int sequence) => sequence % 2 == 0 ? -0.1f : 0.1f;

    /// <summary>Roughly normal, with deviation 2.</summary>
    private static byte[] Block(RowShape shape)
    {
        var random = new Random(1);
        var table = Enumerable.Range(0, 1 << 14).Select(_ => 2 * (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()))).ToArray();
        var values = new float[Math.Min((long)shape.Rows * shape.Vocabulary, (1 << 23) + 9)];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = table[random.Next(table.Length)];
        }

        return LogitBytes.Encode(values, shape.Format);
    }

    private CudaLogits Rows(int set) => new() { Address = sets[set].Address, Format = Shape.Format, Rows = Shape.Rows, Vocabulary = Shape.Vocabulary };

    private CudaTokenResults Results => new() { Tokens = Floats(0, 0), Maxima = Floats(1, 0), LogSums = Floats(2, 0), Partials = PartialBytes > 0 ? partials.Address : 0 };

    private nint Floats(int ofRows, int ofSequences) => results.Address + (sizeof(float) * (nint)(((long)Shape.Rows * ofRows) + (SequenceCount * ofSequences)));

    private byte[] Read(nint address, int row)
    {
        var bytes = new byte[Shape.Vocabulary * LogitBytes.Size(Shape.Format)];
        using var one = device.Allocate(bytes.Length);
        device.Copy(address + (nint)((long)row * bytes.Length), one.Address, bytes.Length);
        one.CopyTo<byte>(bytes);
        return bytes;
    }
}

/// <summary>Rows of logits without anything between them.</summary>
/// <param name="Rows">The number of rows.</param>
/// <param name="Vocabulary">The number of logits of each.</param>
/// <param name="Format">How a logit is stored.</param>
/// <param name="Masked">The share of the rows that do not count.</param>
internal sealed record RowShape(int Rows, int Vocabulary, LogitFormat Format, double Masked = 0)
{
    public long Bytes => (long)Rows * Vocabulary * LogitBytes.Size(Format);
}
