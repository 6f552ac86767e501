using System.Diagnostics;
using System.Globalization;
using System.Text;
using PreferenceLosses.Training;
using TinyTransformer;
using TorchSharp;

// A small GPT, fitted to a text and then trained with a preference loss by the trainer of PreferenceLosses.Training.

var (arguments, error) = Arguments.Parse(args);
if (arguments is null)
{
    Console.Error.WriteLine($"{error}\n{Arguments.Usage}");
    return 2;
}

Console.OutputEncoding = Encoding.UTF8;
if (arguments.Device == "cuda" && !torch.cuda.is_available())
{
    Console.Error.WriteLine("There is no CUDA device, or TorchSharp's backend is for the CPU.");
    return 1;
}

var watch = Stopwatch.StartNew();
try
{
    if (arguments.IsSentiment)
    {
        SentimentRun.Run(arguments);
    }
    else
    {
        PairsRun.Run(arguments);
    }

    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\nAll of this took {watch.Elapsed.TotalSeconds:F0} seconds."));
    return 0;
}
catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException or ArgumentException or LossNotTrainableException or TrainingDivergedException)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
