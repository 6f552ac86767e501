using System.Text;
using TorchSharp.Modules;

namespace PreferenceLosses.Torch;

/// <summary>The state of an optimizer as bytes.</summary>
/// <remarks>TorchSharp would take settings over from what it reads; here they have to be the optimizer's own, and are written before its state to be compared.</remarks>
internal static class TorchOptimizerState
{
    public static void Save(OptimizerHelper optimizer, Stream destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        using var writer = new BinaryWriter(destination, Encoding.UTF8, leaveOpen: true);
        var settings = Settings(optimizer);
        writer.Write(settings.Length);
        writer.Write(settings);
        optimizer.save_state_dict(writer);
    }

    public static void Load(OptimizerHelper optimizer, Stream source)
    {
        ArgumentNullException.ThrowIfNull(source);
        using var reader = new BinaryReader(source, Encoding.UTF8, leaveOpen: true);
        try
        {
            var settings = Settings(optimizer);
            if (reader.ReadInt32() != settings.Length || !reader.ReadBytes(settings.Length).AsSpan().SequenceEqual(settings))
            {
                throw new InvalidDataException($"The state is that of another optimizer, or of one with other settings or groups, than this {optimizer.GetType().Name}.");
            }

            optimizer.load_state_dict(reader);
        }
        catch (Exception wrong) when (wrong is EndOfStreamException or ArgumentException or FormatException)
        {
            throw new InvalidDataException($"The state of the optimizer ({optimizer.GetType().Name}) cannot be read: {wrong.Message}", wrong);
        }
    }

    /// <summary>The kind and the settings of the optimizer without its learning rates, which are another each step.</summary>
    private static byte[] Settings(OptimizerHelper optimizer)
    {
        using var memory = new MemoryStream();
        using var writer = new BinaryWriter(memory);
        writer.Write(optimizer.GetType().FullName!);
        foreach (var options in optimizer.state_dict().Options)
        {
            var (rate, initial) = (options.LearningRate, options.InitialLearningRate);
            (options.LearningRate, options.InitialLearningRate) = (0, 0);
            options.SaveStateDict(writer);
            (options.LearningRate, options.InitialLearningRate) = (rate, initial);
        }

        writer.Flush();
        return memory.ToArray();
    }
}
