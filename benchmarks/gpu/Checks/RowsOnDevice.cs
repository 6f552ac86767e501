using PreferenceLosses.Cuda;

namespace PreferenceLosses.Gpu.Checks;

/// <summary>A few rows of logits in the memory of a device, and both ways on them.</summary>
internal sealed class RowsOnDevice : IDisposable
{
    private readonly CudaDevice device;
    private readonly CudaSequenceLogProbabilities kernels;
    private readonly byte[] bytes;
    private readonly int sequenceCount;
    private readonly DeviceMemory logits;
    private readonly DeviceMemory elsewhere;
    private readonly DeviceMemory labels;
    private readonly DeviceMemory offsets;
    private readonly DeviceMemory ofRows;
    private readonly DeviceMemory sums;
    private readonly DeviceMemory lengths;
    private readonly DeviceMemory upstream;
    private readonly DeviceMemory partials;
    private readonly CudaLogits rows;
    private readonly CudaTokenSequences sequences;
    private readonly CudaTokenResults results;

    public RowsOnDevice(CudaDevice device, byte[] bytes, LogitFormat format, int vocabulary, int stride, int start, int[] labels, int[] offsets)
    {
        this.device = device;
        this.bytes = bytes;
        kernels = new CudaSequenceLogProbabilities(device);
        sequenceCount = offsets.Length - 1;
        var size = LogitBytes.Size(format);
        logits = device.Allocate<byte>([.. new byte[start * size], .. bytes]);
        elsewhere = device.Allocate(bytes.Length + ((start + 1) * size));
        this.labels = device.Allocate<int>(labels);
        this.offsets = device.Allocate<int>(offsets);
        ofRows = device.Allocate<float>(NaN(4 * labels.Length));
        (sums, lengths, upstream) = (device.Allocate<float>(NaN(sequenceCount)), device.Allocate<float>(NaN(sequenceCount)), device.Allocate(sequenceCount * sizeof(float)));
        rows = new CudaLogits { Address = logits.Address + (start * size), Format = format, Rows = labels.Length, Vocabulary = vocabulary, RowStride = stride };
        sequences = new CudaTokenSequences { Labels = this.labels.Address, Offsets = this.offsets.Address, Count = sequenceCount };
        partials = device.Allocate<float>(NaN(CudaSequenceLogProbabilities.PartialBytes(labels.Length, vocabulary) / sizeof(float)));
        results = new CudaTokenResults { Tokens = OfRows(0), Maxima = OfRows(1), LogSums = OfRows(2) };

        nint OfRows(int at) => ofRows.Address + (at * labels.Length * sizeof(float));
    }

    /// <param name="isShared">Whether several blocks may share a row, where rows are few and long.</param>
    public (float[] Tokens, float[] Sums, float[] Lengths) Forward(bool isShared)
    {
        kernels.Forward(rows, sequences, isShared ? results with { Partials = partials.Address } : results, sums.Address, lengths.Address);
        return (Read(ofRows, rows.Rows), Read(sums, sequenceCount), Read(lengths, sequenceCount));
    }

    /// <summary>The gradient of Σ upstream · sum, as bytes: elsewhere, so many logits beyond a multiple of 256 bytes, in memory of NaN; or in the logits' place.</summary>
    public byte[] Backward(double[] ofSequences, int? startElsewhere)
    {
        upstream.CopyFrom<float>(ofSequences.Select(u => (float)u).ToArray());
        var size = LogitBytes.Size(rows.Format);
        var target = rows;
        if (startElsewhere is { } start)
        {
            var filler = new byte[elsewhere.Bytes];
            filler.AsSpan().Fill(0xFF);
            elsewhere.CopyFrom<byte>(filler);
            target = rows with { Address = elsewhere.Address + (start * size) };
        }

        kernels.Backward(rows, sequences, results, upstream.Address, ofRows.Address + (3 * rows.Rows * sizeof(float)), target);
        using var copy = device.Allocate(bytes.Length);
        device.Copy(target.Address, copy.Address, bytes.Length);
        var gradients = new byte[bytes.Length];
        copy.CopyTo<byte>(gradients);
        return gradients;
    }

    public void Dispose()
    {
        foreach (var memory in new[] { logits, elsewhere, labels, offsets, ofRows, sums, lengths, upstream, partials })
        {
            memory.Dispose();
        }
    }

    private static float[] NaN(int count) => [.. Enumerable.Repeat(float.NaN, count)];

    private static float[] Read(DeviceMemory memory, int count)
    {
        var values = new float[count];
        memory.CopyTo<float>(values);
        return values;
    }
}
