using PreferenceLosses.Gpu;

return GpuTool.Run(args, Console.Out, Console.Error);
