using System.Globalization;
using System.Text;

namespace PreferenceLosses.Training;

/// <summary>
/// The file of a sweep: a line for each training that is done, appended when it is. The program may be killed at any time: a line counts once its line
/// feed is there, and what stands behind the last one is cut off when the sweep goes on.
/// </summary>
internal sealed class FrontierFile : IDisposable
{
    private const string Header = "loss,beta,seed,reward,kl,reward_low,reward_high,kl_low,kl_high,samples,length,task";

    private readonly FileStream file;
    private readonly string task;
    private readonly List<FrontierRun> runs = [];

    /// <summary>Opens a file, or begins it.</summary>
    /// <param name="path">The file. While it is open nobody else writes into it.</param>
    /// <param name="task">The fingerprint of the task.</param>
    /// <exception cref="InvalidDataException">It is something else, or of another task.</exception>
    public FrontierFile(string path, string task)
    {
        this.task = task;
        file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        try
        {
            Load(path);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The trainings that were there when the file was opened.</summary>
    public IReadOnlyList<FrontierRun> Runs => runs;

    /// <summary>Writes a line, which is on the disk when this returns. Several threads may call it.</summary>
    public void Append(FrontierRun run)
    {
        var line = Encoding.UTF8.GetBytes(LineOf(run));
        lock (file)
        {
            file.Write(line);
            file.Flush(flushToDisk: true);
        }
    }

    public void Dispose() => file.Dispose();

    private void Load(string path)
    {
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        var whole = bytes.AsSpan().LastIndexOf((byte)'\n') + 1;
        var lines = Encoding.UTF8.GetString(bytes, 0, whole).Split('\n');
        if (whole == 0 ? !Encoding.UTF8.GetBytes(Header).AsSpan().StartsWith(bytes) : lines[0] != Header)
        {
            throw new InvalidDataException($"'{path}' is not the file of a sweep, which begins with \"{Header}\".");
        }

        for (var i = 1; i < lines.Length - 1; i++)
        {
            runs.Add(Parse(lines[i], $"'{path}', line {i + 1}"));
        }

        file.SetLength(whole);
        file.Position = whole;
        if (whole == 0)
        {
            file.Write(Encoding.UTF8.GetBytes(Header + "\n"));
            file.Flush(flushToDisk: true);
        }
    }

    private string LineOf(FrontierRun run)
    {
        var point = run.Point is { } p
            ? string.Create(CultureInfo.InvariantCulture, $"{p.Reward.Value},{p.Kl.Value},{p.Reward.Lower},{p.Reward.Upper},{p.Kl.Lower},{p.Kl.Upper},{p.Reward.Count},{p.Length}")
            : "nan,nan,nan,nan,nan,nan,0,nan";
        return string.Create(CultureInfo.InvariantCulture, $"{run.Loss},{run.Beta},{run.Seed},{point},{task}\n");
    }

    private FrontierRun Parse(string line, string where)
    {
        try
        {
            var fields = line.Split(',');
            double Number(int column) => double.Parse(fields[column], NumberStyles.Float, CultureInfo.InvariantCulture);
            if (fields.Length != 12)
            {
                throw new FormatException($"there are {fields.Length} columns instead of 12");
            }

            if (fields[11] != task)
            {
                throw new FormatException($"it is of the task {fields[11]}, and this is {task}: other sentences, another lexicon or other sizes. Take another file.");
            }

            var samples = int.Parse(fields[9], NumberStyles.None, CultureInfo.InvariantCulture);
            FrontierPoint? point = samples == 0
                ? null
                : new(new(Number(3), Number(5), Number(6), samples), new(Number(4), Number(7), Number(8), samples), Number(10));
            return new(fields[0], Number(1), ulong.Parse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture), point);
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            throw new InvalidDataException($"{where} is not the result of a training of this sweep: {e.Message}", e);
        }
    }
}
